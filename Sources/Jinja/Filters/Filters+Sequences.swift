/// Filters on sequences.
extension Filters {
    static let sequences: [String: Filter] = [
        "first": { value, arguments in
            try plain(value, arguments, "first").iterate().next()
                ?? .undefined(JinjaUndefined(message: "No first item, sequence was empty."))
        },
        "last": { value, arguments in
            if case .iterator = value { throw unsupported("last of a generator") }
            return try plain(value, arguments, "last").elements().last
                ?? .undefined(JinjaUndefined(message: "No last item, sequence was empty."))
        },
        "list": { .list(try plain($0, $1, "list").elements()) },
        "items": { value, arguments in
            let value = try plain(value, arguments, "items")
            if value.isUndefined { return .iterator(JinjaIterator([])) }
            guard case .dict(let dict) = value else {
                if case .object(let object) = value { throw unsupported("items of \(object.typeName)") }
                throw pythonError("TypeError", "Can only get item pairs from a mapping.")
            }
            return .iterator(JinjaIterator(JinjaDictView(kind: .items, dict: dict).items))
        },
        "reverse": { value, arguments in
            let value = try plain(value, arguments, "reverse")
            if let text = value.text { return .string(PythonText.make(text.unicodeScalars.reversed())) }
            if case .iterator(let iterator) = value { return .list(try iterator.drain().reversed()) }
            return .iterator(JinjaIterator(try value.elements().reversed()))
        },
        "sort": { try sort($0, $1) },
        "dictsort": { try sortDict($0, $1) },
        "unique": { try unique($0, $1) },
        "min": { try extreme($0, $1, .less) },
        "max": { try extreme($0, $1, .greater) },
        "sum": { try sum($0, $1) },
        "batch": { try batch($0, $1) },
        "slice": { try slice($0, $1) },
        "groupby": { try group($0, $1) },
    ]

    /// Strings compare without regard to case unless asked otherwise.
    static func folded(_ value: JinjaValue, caseSensitive: Bool) throws -> JinjaValue {
        guard !caseSensitive, case .string(let text) = value else { return value }
        return .string(try PythonStrings.lower(text))
    }

    private static func sort(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        let bound = try arguments.bind("sort", ["reverse", "case_sensitive", "attribute"])
        let caseSensitive = try bound[1].flag(default: false)
        let paths = try AttributePath.list(bound[2])
        let sorted = try Comparison.sorted(try value.elements(), reverse: try bound[0].flag(default: false)) { item in
            .list(try paths.map { try folded(try $0.get(item), caseSensitive: caseSensitive) })
        }
        return .list(sorted)
    }

    private static func sortDict(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        let bound = try arguments.bind("dictsort", ["case_sensitive", "by", "reverse"])
        if case .undefined(let undefined) = value { throw undefined.error }
        guard case .dict(let dict) = value else { throw unsupported("dictsort of a \(value.pythonTypeName)") }
        let caseSensitive = try bound[0].flag(default: false)
        let by = try bound[1].string("by", default: "key")
        guard by == "key" || by == "value" else {
            throw pythonError("FilterArgumentError", "You can only sort by either \"key\" or \"value\"")
        }
        let sorted = try Comparison.sorted(dict.entries, reverse: try bound[2].flag(default: false)) { entry in
            try folded(by == "key" ? entry.key : entry.value, caseSensitive: caseSensitive)
        }
        return .list(sorted.map { .tuple([$0.key, $0.value]) })
    }

    private static func unique(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        let bound = try arguments.bind("unique", ["case_sensitive", "attribute"])
        let caseSensitive = try bound[0].flag(default: false)
        let path = try AttributePath(bound[1])
        let iterator = try lazily(value)
        var seen: Set<JinjaKey> = []
        return .iterator(
            JinjaIterator {
                while let item = try iterator().next() {
                    let key = try JinjaKey(try folded(try path.get(item), caseSensitive: caseSensitive))
                    if seen.insert(key).inserted { return item }
                }
                return nil
            })
    }

    /// A generator looks at its source only when it is asked for the first element.
    static func lazily(_ value: JinjaValue) throws -> () throws -> JinjaIterator {
        var started: JinjaIterator?
        return {
            if let started { return started }
            let iterator = try value.iterate()
            started = iterator
            return iterator
        }
    }

    private static func extreme(
        _ value: JinjaValue, _ arguments: JinjaArguments, _ order: ComparisonOperator
    ) throws -> JinjaValue {
        let bound = try arguments.bind("min", ["case_sensitive", "attribute"])
        let caseSensitive = try bound[0].flag(default: false)
        let path = try AttributePath(bound[1])
        var best: (key: JinjaValue, item: JinjaValue)?
        for item in try value.elements() {
            let key = try folded(try path.get(item), caseSensitive: caseSensitive)
            if let current = best, try !Comparison.ordered(key, current.key, order) { continue }
            best = (key, item)
        }
        return best?.item ?? .undefined(JinjaUndefined(message: "No aggregated item, sequence was empty."))
    }

    private static func sum(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        let bound = try arguments.bind("sum", ["attribute", "start"])
        let path = try AttributePath(bound[0])
        let start = bound[1] ?? .int(0)
        if start.text != nil { throw pythonError("TypeError", "sum() can't sum strings [use ''.join(seq) instead]") }
        return try value.elements().reduce(start) { try Arithmetic.apply(.add, $0, try path.get($1)) }
    }

    private static func batch(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        let bound = try arguments.bind("batch", ["linecount", "fill_with"], required: 1)
        let size = try bound[0].integer("linecount", default: 1)
        guard (1...1_000_000).contains(size) else { throw unsupported("batch of \(size)") }
        let iterator = try lazily(value)
        return .iterator(
            JinjaIterator {
                var row: [JinjaValue] = []
                while row.count < size, let item = try iterator().next() { row.append(item) }
                guard !row.isEmpty else { return nil }
                if let fill = bound[1], !fill.isNone { row += Array(repeating: fill, count: size - row.count) }
                return .list(row)
            })
    }

    private static func slice(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        let bound = try arguments.bind("slice", ["slices", "fill_with"], required: 1)
        let count = try bound[0].integer("slices", default: 1)
        guard (1...1_000_000).contains(count) else { throw unsupported("slice into \(count)") }
        let items = try value.elements()
        let (size, extra) = (items.count / count, items.count % count)
        var start = 0
        let columns = (0..<count).map { column -> JinjaValue in
            let end = start + size + (column < extra ? 1 : 0)
            var part = Array(items[start..<end])
            start = end
            if column >= extra, let fill = bound[1], !fill.isNone { part.append(fill) }
            return .list(part)
        }
        return .iterator(JinjaIterator(columns))
    }

    private static func group(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        let bound = try arguments.bind("groupby", ["attribute", "default", "case_sensitive"], required: 1)
        let path = try AttributePath(bound[0])
        let caseSensitive = try bound[2].flag(default: false)
        func key(_ item: JinjaValue) throws -> JinjaValue {
            try folded(try path.get(item, default: bound[1]), caseSensitive: caseSensitive)
        }
        var groups: [(key: JinjaValue, items: [JinjaValue])] = []
        for item in try Comparison.sorted(try value.elements(), by: key) {
            let itemKey = try key(item)
            if let last = groups.indices.last, try Comparison.equal(groups[last].key, itemKey) {
                groups[last].items.append(item)
            } else {
                groups.append((itemKey, [item]))
            }
        }
        return .list(
            try groups.map { group in
                .object(Group(grouper: try path.get(group.items[0], default: bound[1]), items: group.items))
            })
    }
}

/// A pair of `groupby`: a tuple that also has names.
private final class Group: JinjaObject {
    private let grouper: JinjaValue
    private let items: JinjaValue

    init(grouper: JinjaValue, items: [JinjaValue]) {
        self.grouper = grouper
        self.items = .list(items)
    }

    var typeName: String { "jinja2.filters._GroupTuple object" }
    func attribute(_ name: String) throws -> JinjaValue? {
        switch name {
        case "grouper": return grouper
        case "list": return items
        default: throw unsupported("attribute \(name) of a group")
        }
    }
    func item(_ key: JinjaValue) throws -> JinjaValue? {
        switch key.integer {
        case 0, -2: return grouper
        case 1, -1: return items
        default: return nil
        }
    }
    func elements() throws -> [JinjaValue]? { [grouper, items] }
    func string() throws -> String { try JinjaValue.tuple([grouper, items]).repr() }
    func repr() throws -> String { try string() }
}
