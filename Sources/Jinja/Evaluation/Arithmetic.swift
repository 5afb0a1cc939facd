/// `+ - * / // % **` with Python's types, rounding and error texts.
enum Arithmetic {
    static func apply(_ op: ArithmeticOperator, _ left: JinjaValue, _ right: JinjaValue) throws -> JinjaValue {
        if case .undefined(let undefined) = left { throw undefined.error }
        if case .undefined(let undefined) = right { throw try undefinedRight(op, left, undefined) }
        if let first = left.integer, let second = right.integer { return try integers(op, first, second) }
        if let first = left.number, let second = right.number { return try floats(op, first, second) }
        if isTime(left) || isTime(right) { return try TimeArithmetic.apply(op, left, right) }
        switch op {
        case .add: return try add(left, right)
        case .multiply: return try multiply(left, right)
        case .modulo where left.text != nil: return try modulo(left, right)
        default: throw mismatch(op.rawValue, left, right)
        }
    }

    /// Sequences look at the right operand themselves; for the rest the undefined value's own error comes first.
    private static func undefinedRight(
        _ op: ArithmeticOperator, _ left: JinjaValue, _ undefined: JinjaUndefined
    ) throws -> JinjaError {
        switch (op, left) {
        case (.add, .string), (.add, .list), (.add, .tuple), (.add, .markup): break
        case (.modulo, .string), (.modulo, .markup): return unsupported("% with an undefined value")
        default: break
        }
        return undefined.error
    }

    private static func isTime(_ value: JinjaValue) -> Bool {
        switch value {
        case .datetime, .date, .timedelta: true
        default: false
        }
    }

    static func negate(_ value: JinjaValue) throws -> JinjaValue {
        if case .undefined(let undefined) = value { throw undefined.error }
        if let number = value.integer {
            guard number != .min else { throw unsupported("integer beyond 64 bits") }
            return .int(-number)
        }
        if case .double(let number) = value { return .double(-number) }
        if case .timedelta(let delta) = value, !delta.isInterval {
            return .timedelta(JinjaTimeDelta(microseconds: -delta.microseconds))
        }
        throw pythonError("TypeError", "bad operand type for unary -: '\(value.pythonTypeName)'")
    }

    static func plus(_ value: JinjaValue) throws -> JinjaValue {
        if case .undefined(let undefined) = value { throw undefined.error }
        if let number = value.integer { return .int(number) }
        if case .double = value { return value }
        throw pythonError("TypeError", "bad operand type for unary +: '\(value.pythonTypeName)'")
    }

    private static func integers(_ op: ArithmeticOperator, _ left: Int, _ right: Int) throws -> JinjaValue {
        switch op {
        case .add: return .int(try checked(left.addingReportingOverflow(right)))
        case .subtract: return .int(try checked(left.subtractingReportingOverflow(right)))
        case .multiply: return .int(try checked(left.multipliedReportingOverflow(by: right)))
        case .divide:
            if right == 0 { throw pythonError("ZeroDivisionError", "division by zero") }
            let exact = 1 << 53
            guard abs(left) <= exact, abs(right) <= exact else { throw unsupported("division of large integers") }
            return .double(Double(left) / Double(right))
        case .floorDivide, .modulo:
            let message = op == .modulo ? "integer modulo by zero" : "integer division or modulo by zero"
            if right == 0 { throw pythonError("ZeroDivisionError", message) }
            if left == .min { throw unsupported("integer beyond 64 bits") }
            return .int(op == .modulo ? floorModulo(left, right) : floorDivide(left, right))
        case .power: return try power(left, right)
        }
    }

    private static func checked(_ result: (partialValue: Int, overflow: Bool)) throws -> Int {
        if result.overflow { throw unsupported("integer beyond 64 bits") }
        return result.partialValue
    }

    private static func power(_ base: Int, _ exponent: Int) throws -> JinjaValue {
        if exponent < 0 { return try floats(.power, Double(base), Double(exponent)) }
        var result = 1
        var (factor, rest) = (base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result = try checked(result.multipliedReportingOverflow(by: factor)) }
            rest >>= 1
            if rest > 0 { factor = try checked(factor.multipliedReportingOverflow(by: factor)) }
        }
        return .int(result)
    }

    private static func floats(_ op: ArithmeticOperator, _ left: Double, _ right: Double) throws -> JinjaValue {
        switch op {
        case .add: return .double(left + right)
        case .subtract: return .double(left - right)
        case .multiply: return .double(left * right)
        case .divide:
            if right == 0 { throw pythonError("ZeroDivisionError", "float division by zero") }
            return .double(left / right)
        case .floorDivide:
            if right == 0 { throw pythonError("ZeroDivisionError", "float floor division by zero") }
            return .double(PythonFloat.floorDivide(left, right))
        case .modulo:
            if right == 0 { throw pythonError("ZeroDivisionError", "float modulo") }
            return .double(PythonFloat.modulo(left, right))
        case .power:
            let result = PythonFloat.power(left, right)
            if !result.isFinite || left == 0 { throw unsupported("power at the edge of the floats") }
            return .double(result)
        }
    }

    private static func add(_ left: JinjaValue, _ right: JinjaValue) throws -> JinjaValue {
        switch (left, right) {
        case (.string(let first), .string(let second)): return .string(first + second)
        case (.list(let first), .list(let second)): return .list(first.items + second.items)
        case (.tuple(let first), .tuple(let second)): return .tuple(first + second)
        case (.markup(let first), .string(let second)): return .markup(first + Filters.escaped(second))
        case (.string(let first), .markup(let second)): return .markup(Filters.escaped(first) + second)
        case (.markup(let first), .markup(let second)): return .markup(first + second)
        case (.markup, _), (_, .markup): throw unsupported("+ on Markup")
        case (.object, _), (_, .object): throw unsupported("+ on \(left.pythonTypeName) and \(right.pythonTypeName)")
        case (.string, _), (.list, _), (.tuple, _):
            let kind = left.pythonTypeName
            throw pythonError(
                "TypeError", "can only concatenate \(kind) (not \"\(right.pythonTypeName)\") to \(kind)")
        default: throw mismatch("+", left, right)
        }
    }

    private static func multiply(_ left: JinjaValue, _ right: JinjaValue) throws -> JinjaValue {
        if let count = right.integer, let repeated = try repeating(left, count) { return repeated }
        if let count = left.integer, let repeated = try repeating(right, count) { return repeated }
        let isSequence = [left, right].contains {
            switch $0 {
            case .string, .list, .tuple: true
            default: false
            }
        }
        if isSequence, let other = [left, right].first(where: { $0.integer == nil }), case .none = other {
            throw unsupported("* on \(left.pythonTypeName) and \(right.pythonTypeName)")
        }
        if isSequence { throw unsupported("* on \(left.pythonTypeName) and \(right.pythonTypeName)") }
        throw mismatch("*", left, right)
    }

    /// Repeated sequences stay below a bound, so that a template cannot exhaust the memory of the scheduler.
    static let maximumRepeatedLength = 1 << 24

    private static func repeating(_ value: JinjaValue, _ count: Int) throws -> JinjaValue? {
        func bounded(_ length: Int) throws -> Int {
            let times = max(0, count)
            guard times == 0 || length <= maximumRepeatedLength / times else { throw unsupported("very long sequence") }
            return times
        }
        switch value {
        case .string(let text): return .string(String(repeating: text, count: try bounded(text.utf8.count)))
        case .list(let list):
            return .list(Array(repeatElement(list.items, count: try bounded(list.items.count)).joined()))
        case .tuple(let items): return .tuple(Array(repeatElement(items, count: try bounded(items.count)).joined()))
        default: return nil
        }
    }

    private static func modulo(_ left: JinjaValue, _ right: JinjaValue) throws -> JinjaValue {
        guard case .string(let format) = left else { throw unsupported("% on Markup") }
        return .string(try PercentFormat.render(format, right))
    }

    static func mismatch(_ symbol: String, _ left: JinjaValue, _ right: JinjaValue) -> JinjaError {
        for value in [left, right] {
            switch value {
            case .object, .markup, .view, .iterator, .method:
                return unsupported("\(symbol) on \(left.pythonTypeName) and \(right.pythonTypeName)")
            default: break
            }
        }
        let shown = symbol == "**" ? "** or pow()" : symbol
        return pythonError(
            "TypeError",
            "unsupported operand type(s) for \(shown): '\(left.pythonTypeName)' and '\(right.pythonTypeName)'")
    }
}
