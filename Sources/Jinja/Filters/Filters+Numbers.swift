/// Filters on numbers.
extension Filters {
    static let numbers: [String: Filter] = [
        "abs": { value, arguments in
            let value = try plain(value, arguments, "abs")
            if case .undefined(let undefined) = value { throw undefined.error }
            if let number = value.integer {
                guard number != .min else { throw unsupported("integer beyond 64 bits") }
                return .int(abs(number))
            }
            guard case .double(let number) = value else {
                throw pythonError("TypeError", "bad operand type for abs(): '\(value.pythonTypeName)'")
            }
            return .double(number.magnitude)
        },
        "int": { try toInt($0, $1) },
        "float": { try toFloat($0, $1) },
        "round": { try round($0, $1) },
        "filesizeformat": { try fileSize($0, $1) },
    ]

    private static func toInt(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        let bound = try arguments.bind("int", ["default", "base"])
        let base = try bound[1].integer("base", default: 10)
        let fallback = bound[0] ?? .int(0)
        switch value {
        case .undefined(let undefined): throw undefined.error
        case .int(let number): return .int(number)
        case .bool(let flag): return .int(flag ? 1 : 0)
        case .double(let number): return try truncated(number, fallback)
        case .string(let text): return try parsed(text, base, fallback)
        case .object, .markup, .timedelta: throw unsupported("int of a \(value.pythonTypeName)")
        default: return fallback
        }
    }

    private static func parsed(_ text: String, _ base: Int, _ fallback: JinjaValue) throws -> JinjaValue {
        let trimmed = PythonStrings.strip(text, nil, left: true, right: true)
        guard trimmed.utf8.allSatisfy({ $0 < 128 && $0 != 95 }), base == 10 || (base == 16 && !trimmed.contains("x")) else {
            throw unsupported("int of \(PythonText.repr(text)) with base \(base)")
        }
        if let number = Int(trimmed, radix: base) { return .int(number) }
        let digits = trimmed.drop { $0 == "-" || $0 == "+" }
        if base == 10, !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }), digits.count > 18 {
            throw unsupported("integer beyond 64 bits")
        }
        guard let number = try PythonFloat.parse(trimmed) else { return fallback }
        return try truncated(number, fallback)
    }

    private static func truncated(_ number: Double, _ fallback: JinjaValue) throws -> JinjaValue {
        guard number.isFinite else { return fallback }
        guard number.magnitude < 9e18 else { throw unsupported("integer beyond 64 bits") }
        return .int(Int(number.rounded(.towardZero)))
    }

    private static func toFloat(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        let fallback = try arguments.bind("float", ["default"])[0] ?? .double(0)
        switch value {
        case .undefined(let undefined): throw undefined.error
        case .object, .markup, .timedelta: throw unsupported("float of a \(value.pythonTypeName)")
        case .string(let text): return try PythonFloat.parse(text).map(JinjaValue.double) ?? fallback
        default: return value.number.map(JinjaValue.double) ?? fallback
        }
    }

    private static func round(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        let bound = try arguments.bind("round", ["precision", "method"])
        let precision = try bound[0].integer("precision", default: 0)
        let method = try bound[1].string("method", default: "common")
        guard ["common", "ceil", "floor"].contains(method) else {
            throw pythonError("FilterArgumentError", "method must be common, ceil or floor")
        }
        if case .undefined(let undefined) = value { throw undefined.error }
        if precision < 0, method == "common", case .double(let number) = value, number.magnitude < 1e15 {
            return try roundedToTens(number, -precision)
        }
        guard (0...15).contains(precision) else { throw unsupported("round to \(precision) digits") }
        if method == "common" {
            if let number = value.integer { return .int(number) }
            guard case .double(let number) = value else { throw unsupported("round of a \(value.pythonTypeName)") }
            return .double(PythonFloat.rounded(number, digits: precision))
        }
        guard let number = value.number, number.magnitude < 1e15 else { throw unsupported("round of a \(value.pythonTypeName)") }
        let scale = PythonFloat.power(10, Double(precision))
        return .double((number * scale).rounded(method == "ceil" ? .up : .down) / scale)
    }

    /// `round(x, -digits)`: half to even, of the exact value.
    private static func roundedToTens(_ number: Double, _ digits: Int) throws -> JinjaValue {
        guard digits <= 15 else { throw unsupported("round to \(-digits) digits") }
        let unit = PythonFloat.power(10, Double(digits))
        let quotient = (number / unit).rounded(.towardZero)
        let rest = (number - quotient * unit).magnitude
        let isUp = rest * 2 > unit || (rest * 2 == unit && quotient.truncatingRemainder(dividingBy: 2) != 0)
        return .double((quotient + (isUp ? (number < 0 ? -1 : 1) : 0)) * unit)
    }

    private static func fileSize(_ value: JinjaValue, _ arguments: JinjaArguments) throws -> JinjaValue {
        let binary = try arguments.bind("filesizeformat", ["binary"])[0].flag(default: false)
        var bytes = value.number
        if case .string(let text) = value { bytes = try PythonFloat.parse(text) }
        guard let bytes, bytes.isFinite else { throw unsupported("filesizeformat of a \(value.pythonTypeName)") }
        let base = binary ? 1024.0 : 1000.0
        if bytes == 1 { return .string("1 Byte") }
        if bytes < base { return .string("\(Int(bytes)) Bytes") }
        let prefixes = ["k", "M", "G", "T", "P", "E", "Z", "Y"]
        var unit = base
        for (index, prefix) in prefixes.enumerated() {
            unit *= base
            guard bytes < unit || index == prefixes.count - 1 else { continue }
            let number = PythonFloat.formatted(base * bytes / unit, style: "f", precision: 1)
            return .string("\(number) \(binary ? prefix.uppercased() + "iB" : prefix + "B")")
        }
        throw unsupported("filesizeformat")
    }
}
