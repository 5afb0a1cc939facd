/// `map`, `select`, `reject` and their attribute forms; all are generators.
extension Filters {
    static let selections: [String: Filter] = [
        "map": { try map($0, $1) },
        "select": { try select($0, $1, keeps: true, byAttribute: false) },
        "reject": { try select($0, $1, keeps: false, byAttribute: false) },
        "selectattr": { try select($0, $1, keeps: true, byAttribute: true) },
        "rejectattr": { try select($0, $1, keeps: false, byAttribute: true) },
    ]

    /// The elements, none when the value is false; looked at only when the first one is wanted.
    private static func source(_ value: JinjaValue) -> () throws -> JinjaIterator {
        var started: JinjaIterator?
        return {
            if let started { return started }
            let iterator = try value.truth() ? try value.iterate() : JinjaIterator([])
            started = iterator
            return iterator
        }
    }

    private static func map(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        let items = source(value)
        var change: ((JinjaValue) throws -> JinjaValue)?
        return .iterator(
            JinjaIterator {
                guard let item = try items().next() else { return nil }
                let function = try change ?? mapping(arguments)
                change = function
                return try function(item)
            })
    }

    private static func mapping(_ arguments: JinjaArguments) throws -> (JinjaValue) throws -> JinjaValue {
        if arguments.positional.isEmpty, arguments.keywords.contains(where: { $0.name == "attribute" }) {
            let bound = try JinjaArguments(keywords: arguments.keywords).bind("map", ["attribute", "default"])
            let path = try AttributePath(bound[0])
            return { try path.get($0, default: bound[1]) }
        }
        guard case .string(let name)? = arguments.positional.first else {
            throw pythonError("FilterArgumentError", "map requires a filter argument")
        }
        guard let filter = all[name] else { throw unsupported("filter \(name)") }
        let rest = JinjaArguments(Array(arguments.positional.dropFirst()), keywords: arguments.keywords)
        return { try filter($0, rest) }
    }

    private static func select(
        _ value: JinjaValue, _ arguments: JinjaArguments, keeps: Bool, byAttribute: Bool
    ) throws -> JinjaValue {
        let items = source(value)
        var condition: ((JinjaValue) throws -> Bool)?
        return .iterator(
            JinjaIterator {
                while let item = try items().next() {
                    let test = try condition ?? selection(arguments, byAttribute: byAttribute)
                    condition = test
                    if try test(item) == keeps { return item }
                }
                return nil
            })
    }

    private static func selection(
        _ arguments: JinjaArguments, byAttribute: Bool
    ) throws -> (JinjaValue) throws -> Bool {
        var rest = arguments.positional
        var path: AttributePath?
        if byAttribute {
            guard let attribute = rest.first else {
                throw pythonError("FilterArgumentError", "Missing parameter for attribute name")
            }
            path = try AttributePath(attribute)
            rest.removeFirst()
        }
        func subject(_ item: JinjaValue) throws -> JinjaValue { try path.map { try $0.get(item) } ?? item }
        guard let name = rest.first else { return { try subject($0).truth() } }
        guard case .string(let test) = name else { throw unsupported("test that is no text") }
        let testArguments = JinjaArguments(Array(rest.dropFirst()), keywords: arguments.keywords)
        return { try Tests.apply(test, try subject($0), testArguments) }
    }
}
