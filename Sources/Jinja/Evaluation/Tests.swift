/// Jinja's builtin tests (`value is name`).
enum Tests {
    /// Every test that is carried out; others make a template unsupported.
    static let names: Set<String> = [
        "odd", "even", "divisibleby", "defined", "undefined", "none", "boolean", "false", "true", "integer", "float",
        "lower", "upper", "string", "mapping", "number", "sequence", "iterable", "callable", "sameas", "escaped", "in",
        "==", "eq", "equalto", "!=", "ne", ">", "gt", "greaterthan", "ge", ">=", "<", "lt", "lessthan", "<=", "le",
        "filter", "test",
    ]

    static func apply(_ name: String, _ value: JinjaValue, _ arguments: JinjaArguments) throws -> Bool {
        guard names.contains(name) else { throw unsupported("test \(name)") }
        switch name {
        case "divisibleby", "sameas", "in", "==", "eq", "equalto", "!=", "ne", ">", "gt", "greaterthan", "ge", ">=", "<",
            "lt", "lessthan", "<=", "le":
            guard let other = try arguments.bind("test \(name)", ["other"], required: 1)[0] else { return false }
            return try binary(name, value, other)
        default:
            _ = try arguments.bind("test \(name)", [])
            return try unary(name, value)
        }
    }

    private static func unary(_ name: String, _ value: JinjaValue) throws -> Bool {
        switch name {
        case "defined": return !value.isUndefined
        case "undefined": return value.isUndefined
        case "none": return value.isNone
        case "boolean", "true", "false":
            guard case .bool(let flag) = value else { return false }
            return name == "boolean" || flag == (name == "true")
        case "odd", "even":
            let rest = try Arithmetic.apply(.modulo, value, .int(2))
            return try Comparison.equal(rest, .int(name == "odd" ? 1 : 0))
        case "integer": if case .int = value { return true } else { return false }
        case "float": if case .double = value { return true } else { return false }
        case "number": return value.number != nil
        case "string": return value.text != nil
        case "lower", "upper": return try hasCase(name, value)
        case "filter", "test":
            if case .undefined(let undefined) = value { throw undefined.error }
            guard let text = value.text else { return false }
            return name == "filter" ? Filters.all[text] != nil || Filters.leftToPython.contains(text) : names.contains(text)
        default: return try shape(name, value)
        }
    }

    private static func hasCase(_ name: String, _ value: JinjaValue) throws -> Bool {
        let text = JinjaMethod(receiver: .string(try value.string()), name: "is" + name)
        return try BuiltinMethods.call(text, JinjaArguments()).truth()
    }

    /// Tests on what kind of thing a value is.
    private static func shape(_ name: String, _ value: JinjaValue) throws -> Bool {
        if case .object(let object) = value {
            if name == "callable", object.isCallable { return true }
            if name == "escaped" { return false }
            throw unsupported("\(name) test of \(object.typeName)")
        }
        switch (name, value) {
        case ("callable", .method): return true
        case ("callable", .undefined): return true
        case ("callable", _): return false
        case ("escaped", .markup): return true
        case ("escaped", _): return false
        case ("mapping", .dict): return true
        case ("mapping", _): return false
        case ("sequence", .string), ("sequence", .markup), ("sequence", .list), ("sequence", .tuple), ("sequence", .dict),
            ("sequence", .range):
            return true
        case ("sequence", _): return false
        case ("iterable", .undefined(let undefined)): throw undefined.error
        case ("iterable", .none), ("iterable", .bool), ("iterable", .int), ("iterable", .double),
            ("iterable", .datetime), ("iterable", .date), ("iterable", .timedelta), ("iterable", .method):
            return false
        default: return true
        }
    }

    private static func binary(_ name: String, _ value: JinjaValue, _ other: JinjaValue) throws -> Bool {
        switch name {
        case "divisibleby": return try Comparison.equal(try Arithmetic.apply(.modulo, value, other), .int(0))
        case "sameas": return try isSame(value, other)
        case "in": return try Comparison.contains(other, value)
        case "==", "eq", "equalto": return try Comparison.equal(value, other)
        case "!=", "ne": return try !Comparison.equal(value, other)
        case ">", "gt", "greaterthan": return try Comparison.ordered(value, other, .greater)
        case ">=", "ge": return try Comparison.ordered(value, other, .greaterOrEqual)
        case "<", "lt", "lessthan": return try Comparison.ordered(value, other, .less)
        default: return try Comparison.ordered(value, other, .lessOrEqual)
        }
    }

    /// Identity is certain for singletons and shared containers only.
    private static func isSame(_ value: JinjaValue, _ other: JinjaValue) throws -> Bool {
        switch (value, other) {
        case (.none, .none): return true
        case (.bool(let first), .bool(let second)): return first == second
        case (.list(let first), .list(let second)): return first === second
        case (.dict(let first), .dict(let second)): return first === second
        case (.object(let first), .object(let second)): return first === second
        case (.none, _), (.bool, _), (_, .none), (_, .bool): return false
        default: throw unsupported("sameas on \(value.pythonTypeName)")
        }
    }
}
