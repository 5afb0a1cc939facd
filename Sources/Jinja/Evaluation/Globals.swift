/// Jinja's own global functions.
enum Globals {
    /// Names that a template can always use. `lipsum` is random and left out.
    static let names: Set<String> = ["range", "dict", "namespace", "cycler", "joiner"]
    /// Jinja's sandbox refuses longer ranges.
    static let maximumRange = 100_000

    static func value(_ name: String) -> JinjaValue? {
        switch name {
        case "range": .object(JinjaFunction(name, range))
        case "dict": .object(JinjaFunction(name, makeDict))
        case "namespace": .object(JinjaFunction(name) { .object(Namespace(try dictionary($0))) })
        case "cycler": .object(JinjaFunction(name) { .object(Cycler(try cycled($0))) })
        case "joiner": .object(JinjaFunction(name, joiner))
        case "lipsum": .object(JinjaFunction(name) { _ in throw unsupported("lipsum()") })
        default: nil
        }
    }

    private static func range(_ arguments: JinjaArguments) throws -> JinjaValue {
        guard arguments.keywords.isEmpty, (1...3).contains(arguments.positional.count) else {
            throw unsupported("arguments of range()")
        }
        let numbers = try arguments.positional.map { value -> Int in
            if case .undefined(let undefined) = value { throw undefined.error }
            guard let number = value.integer else {
                throw pythonError("TypeError", "'\(value.pythonTypeName)' object cannot be interpreted as an integer")
            }
            guard abs(number) < 1 << 60 else { throw unsupported("range() of large numbers") }
            return number
        }
        let step = numbers.count == 3 ? numbers[2] : 1
        if step == 0 { throw pythonError("ValueError", "range() arg 3 must not be zero") }
        let range = JinjaRange(
            start: numbers.count == 1 ? 0 : numbers[0], stop: numbers.count == 1 ? numbers[0] : numbers[1], step: step)
        guard range.count <= maximumRange else {
            throw pythonError(
                "OverflowError",
                "Range too big. The sandbox blocks ranges larger than MAX_RANGE (\(maximumRange)).")
        }
        return .range(range)
    }

    private static func dictionary(_ arguments: JinjaArguments) throws -> JinjaDict {
        let dict = JinjaDict()
        if let source = arguments.positional.first {
            guard arguments.positional.count == 1 else { throw unsupported("arguments of dict()") }
            if case .dict(let other) = source {
                for entry in other.entries { try dict.set(entry.key, entry.value) }
            } else {
                for pair in try source.elements() {
                    let items = try pair.elements()
                    guard items.count == 2 else { throw unsupported("arguments of dict()") }
                    try dict.set(items[0], items[1])
                }
            }
        }
        for (name, value) in arguments.keywords { dict.set(text: name, value) }
        return dict
    }

    private static func makeDict(_ arguments: JinjaArguments) throws -> JinjaValue { .dict(try dictionary(arguments)) }

    private static func cycled(_ arguments: JinjaArguments) throws -> [JinjaValue] {
        guard arguments.keywords.isEmpty, !arguments.positional.isEmpty else { throw unsupported("arguments of cycler()") }
        return arguments.positional
    }

    private static func joiner(_ arguments: JinjaArguments) throws -> JinjaValue {
        let separator = try arguments.bind("joiner", ["sep"])[0] ?? .string(", ")
        var isUsed = false
        return .object(
            JinjaFunction("joiner") { _ in
                defer { isUsed = true }
                return isUsed ? separator : .string("")
            })
    }
}

/// `namespace(...)`, the one object whose attributes a template may set.
final class Namespace: JinjaObject {
    private let values: JinjaDict

    init(_ values: JinjaDict) {
        self.values = values
    }

    var typeName: String { "jinja2.utils.Namespace object" }
    func attribute(_ name: String) throws -> JinjaValue? { values.get(text: name) }
    func assign(_ name: String, _ value: JinjaValue) throws { values.set(text: name, value) }
    func repr() throws -> String { "<Namespace \(try JinjaValue.dict(values).repr())>" }
    func string() throws -> String { try repr() }
}

/// `cycler(...)`
private final class Cycler: JinjaObject {
    private let items: [JinjaValue]
    private var position = 0

    init(_ items: [JinjaValue]) {
        self.items = items
    }

    var typeName: String { "jinja2.utils.Cycler object" }

    func attribute(_ name: String) throws -> JinjaValue? {
        switch name {
        case "current": return items[position]
        case "next":
            return .object(
                JinjaFunction("cycler.next") { _ in
                    defer { self.position = (self.position + 1) % self.items.count }
                    return self.items[self.position]
                })
        case "reset":
            return .object(
                JinjaFunction("cycler.reset") { _ in
                    self.position = 0
                    return JinjaValue.none
                })
        default: throw unsupported("cycler.\(name)")
        }
    }
}
