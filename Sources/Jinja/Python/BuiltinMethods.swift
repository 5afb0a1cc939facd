/// Methods of `str`, `list`, `tuple` and `dict`.
enum BuiltinMethods {
    /// All methods that CPython's `str` has; those not carried out here are reported when they are called.
    static let string: Set<String> = [
        "capitalize", "casefold", "center", "count", "encode", "endswith", "expandtabs", "find", "format", "format_map",
        "index", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric",
        "isprintable", "isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip", "maketrans", "partition",
        "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip", "split",
        "splitlines", "startswith", "strip", "swapcase", "title", "translate", "upper", "zfill",
    ]
    static let list: Set<String> = [
        "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort",
    ]
    static let tuple: Set<String> = ["count", "index"]
    static let dict: Set<String> = [
        "clear", "copy", "fromkeys", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values",
    ]

    static func call(_ method: JinjaMethod, _ arguments: JinjaArguments) throws -> JinjaValue {
        switch method.receiver {
        case .string(let text): try StringMethods.call(text, method.name, arguments)
        case .list(let list): try callList(list, method.name, arguments)
        case .tuple(let items): try callSequence(items, method.name, arguments)
        case .dict(let dict): try callDict(dict, method.name, arguments)
        case .datetime(let moment): try DateTimeMethods.call(moment, method.name, arguments)
        case .date(let date): try DateTimeMethods.call(date, method.name, arguments)
        case .timedelta(let delta): try DateTimeMethods.call(delta, method.name, arguments)
        default: throw unsupported("\(method.name)() of a \(method.receiver.pythonTypeName)")
        }
    }

    private static func positional(_ arguments: JinjaArguments, _ count: ClosedRange<Int>, _ name: String) throws -> [JinjaValue] {
        guard arguments.keywords.isEmpty, count.contains(arguments.positional.count) else {
            throw unsupported("arguments of \(name)()")
        }
        return arguments.positional
    }

    private static func callSequence(_ items: [JinjaValue], _ name: String, _ arguments: JinjaArguments) throws -> JinjaValue {
        let values = try positional(arguments, 1...1, name)
        let matches = try items.indices.filter { try Comparison.equal(items[$0], values[0]) }
        if name == "count" { return .int(matches.count) }
        guard let first = matches.first else { throw unsupported("index() of a missing element") }
        return .int(first)
    }

    private static func callList(_ list: JinjaList, _ name: String, _ arguments: JinjaArguments) throws -> JinjaValue {
        switch name {
        case "count", "index": return try callSequence(list.items, name, arguments)
        case "append":
            list.items.append(try positional(arguments, 1...1, name)[0])
            return .none
        case "extend":
            list.items += try positional(arguments, 1...1, name)[0].elements()
            return .none
        case "insert":
            let values = try positional(arguments, 2...2, name)
            guard let index = values[0].integer else { throw unsupported("insert() at a non-integer") }
            let start = index < 0 ? max(0, index + list.items.count) : min(index, list.items.count)
            list.items.insert(values[1], at: start)
            return .none
        case "pop":
            let index = try positional(arguments, 0...1, name).first?.integer ?? -1
            let position = index < 0 ? index + list.items.count : index
            guard list.items.indices.contains(position) else { throw unsupported("pop() out of range") }
            return list.items.remove(at: position)
        case "sort":
            let reverse = try arguments.bind(name, ["key", "reverse"])
            guard reverse[0].isMissing else { throw unsupported("key of sort()") }
            list.items = try Comparison.sorted(list.items, reverse: try reverse[1].flag(default: false)) { $0 }
            return .none
        case "copy": return .list(list.items)
        case "reverse":
            list.items.reverse()
            return .none
        case "clear":
            list.items = []
            return .none
        default: throw unsupported("list.\(name)()")
        }
    }

    private static func callDict(_ dict: JinjaDict, _ name: String, _ arguments: JinjaArguments) throws -> JinjaValue {
        switch name {
        case "get":
            let values = try positional(arguments, 1...2, name)
            return try dict.get(values[0]) ?? (values.count > 1 ? values[1] : .none)
        case "keys", "values", "items":
            _ = try positional(arguments, 0...0, name)
            let kinds: [String: JinjaDictView.Kind] = ["keys": .keys, "values": .values, "items": .items]
            return .view(JinjaDictView(kind: kinds[name] ?? .items, dict: dict))
        case "copy": return .dict(dict.copy())
        case "update": return try update(dict, arguments)
        case "setdefault":
            let values = try positional(arguments, 1...2, name)
            if let found = try dict.get(values[0]) { return found }
            let value = values.count > 1 ? values[1] : .none
            try dict.set(values[0], value)
            return value
        case "pop":
            let values = try positional(arguments, 1...2, name)
            if let removed = try dict.remove(values[0]) { return removed }
            guard values.count > 1 else { throw pythonError("KeyError", try values[0].repr()) }
            return values[1]
        case "clear":
            dict.removeAll()
            return .none
        default: throw unsupported("dict.\(name)()")
        }
    }

    private static func update(_ dict: JinjaDict, _ arguments: JinjaArguments) throws -> JinjaValue {
        if let other = arguments.positional.first {
            guard arguments.positional.count == 1, case .dict(let source) = other else {
                throw unsupported("arguments of update()")
            }
            for entry in source.entries { try dict.set(entry.key, entry.value) }
        }
        for (name, value) in arguments.keywords { dict.set(text: name, value) }
        return .none
    }
}
