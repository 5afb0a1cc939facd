/// The format mini-language shared by `%` and `str.format`: sign, alternate form, fill, width, precision, type.
struct FormatSpec {
    var fill: Unicode.Scalar = " "
    var align: Unicode.Scalar?
    var sign: Unicode.Scalar = "-"
    var alternate = false
    var zeroPad = false
    var width = 0
    var grouping: Unicode.Scalar?
    var precision: Int?
    var type: Unicode.Scalar?

    /// Widths and precisions above this are left to Python.
    static let maximumWidth = 10_000

    init() {}

    /// Parses `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.
    init(_ text: String) throws {
        var rest = Array(text.unicodeScalars)[...]
        if rest.count > 1, "<>=^".unicodeScalars.contains(rest[rest.startIndex + 1]) {
            fill = rest.removeFirst()
            align = rest.removeFirst()
        } else if let first = rest.first, "<>=^".unicodeScalars.contains(first) {
            align = rest.removeFirst()
        }
        if let first = rest.first, "+- ".unicodeScalars.contains(first) { sign = rest.removeFirst() }
        if rest.first == "#" {
            alternate = true
            rest.removeFirst()
        }
        if rest.first == "0" {
            zeroPad = true
            rest.removeFirst()
        }
        width = try FormatSpec.number(&rest) ?? 0
        if let first = rest.first, first == "," || first == "_" { grouping = rest.removeFirst() }
        if rest.first == "." {
            rest.removeFirst()
            guard let digits = try FormatSpec.number(&rest) else { throw unsupported("format \(text)") }
            precision = digits
        }
        type = rest.popFirst()
        if !rest.isEmpty { throw unsupported("format \(text)") }
    }

    /// Digits as a number.
    static func number(_ rest: inout ArraySlice<Unicode.Scalar>) throws -> Int? {
        var value: Int?
        while let first = rest.first, first.isDigit {
            value = (value ?? 0) * 10 + Int(first.value - 48)
            if value ?? 0 > maximumWidth { throw unsupported("width or precision above \(maximumWidth)") }
            rest.removeFirst()
        }
        return value
    }

    /// `format(value, spec)` for numbers and text.
    func apply(_ value: JinjaValue) throws -> String {
        switch value {
        case .string(let text): return try apply(text: text)
        case .int(let number): return try apply(integer: number)
        case .bool(let flag):
            if type == nil { throw unsupported("format of a bool") }
            return try apply(integer: flag ? 1 : 0)
        case .double(let number): return try apply(double: number)
        default: throw unsupported("format of a \(value.pythonTypeName)")
        }
    }

    func apply(text: String) throws -> String {
        guard type == nil || type == "s", sign == "-", !alternate, grouping == nil, align != "=" else {
            throw unsupported("number format for a string")
        }
        var spec = self
        if zeroPad {
            if align == nil { throw unsupported("zero padding of a string") }
            spec.fill = fill == " " ? "0" : fill
        }
        let cut = precision.map { PythonText.make(text.unicodeScalars.prefix($0)) } ?? text
        return spec.pad(cut, defaultAlign: "<")
    }

    func apply(integer: Int) throws -> String {
        if let type, "eEfFgG%".unicodeScalars.contains(type) { return try apply(double: Double(integer)) }
        guard precision == nil else { throw unsupported("precision of an integer format") }
        let magnitude = integer.magnitude
        switch type {
        case nil, "d": return number(digits: grouped(String(magnitude), by: 3), isNegative: integer < 0)
        case "x": return number(digits: hex(magnitude, 16, "0x"), isNegative: integer < 0)
        case "X": return number(digits: hex(magnitude, 16, "0X", uppercase: true), isNegative: integer < 0)
        case "o": return number(digits: hex(magnitude, 8, "0o"), isNegative: integer < 0)
        case "b": return number(digits: hex(magnitude, 2, "0b"), isNegative: integer < 0)
        default: throw unsupported("format type \(type.map(String.init) ?? "") for an integer")
        }
    }

    private func hex(_ magnitude: UInt, _ radix: Int, _ prefix: String, uppercase: Bool = false) -> String {
        (alternate ? prefix : "") + String(magnitude, radix: radix, uppercase: uppercase)
    }

    func apply(double: Double) throws -> String {
        guard double.isFinite else { throw unsupported("format of inf or nan") }
        let isNegative = double.sign == .minus
        let magnitude = double.magnitude
        switch type {
        case nil:
            guard precision == nil, !alternate else { throw unsupported("precision without a type") }
            return number(digits: grouped(PythonFloat.repr(magnitude), by: 3), isNegative: isNegative)
        case "f", "F", "e", "E", "g", "G":
            let style = String(type ?? "f")
            let digits = PythonFloat.formatted(
                magnitude, style: style, precision: precision ?? 6, alternate: alternate)
            return number(digits: grouped(digits, by: 3), isNegative: isNegative)
        case "%":
            let digits = PythonFloat.formatted(magnitude * 100, style: "f", precision: precision ?? 6)
            return number(digits: grouped(digits, by: 3) + "%", isNegative: isNegative)
        default: throw unsupported("format type \(type.map(String.init) ?? "") for a float")
        }
    }

    private func grouped(_ digits: String, by size: Int) -> String {
        guard let grouping else { return digits }
        let whole = digits.prefix { $0.isNumber }
        var result = ""
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index) % size == 0 { result += String(grouping) }
            result.append(digit)
        }
        return result + digits.dropFirst(whole.count)
    }

    /// Adds the sign and pads a number.
    func number(digits: String, isNegative: Bool) -> String {
        let mark = isNegative ? "-" : sign == "-" ? "" : String(sign)
        guard zeroPad && align == nil || align == "=" else { return pad(mark + digits, defaultAlign: ">") }
        let padding = zeroPad && fill == " " ? "0" : fill
        let missing = width - mark.unicodeScalars.count - digits.unicodeScalars.count
        var prefix = mark
        var body = digits
        if alternate, body.hasPrefix("0"), let second = body.dropFirst().first, "xXob".contains(second) {
            prefix += body.prefix(2)
            body = String(body.dropFirst(2))
        }
        return prefix + String(repeating: String(padding), count: max(0, missing)) + body
    }

    /// Pads to the width.
    func pad(_ text: String, defaultAlign: Unicode.Scalar) -> String {
        let missing = width - text.unicodeScalars.count
        guard missing > 0 else { return text }
        let left: Int
        switch align ?? defaultAlign {
        case "<": left = 0
        case "^": left = missing / 2
        default: left = missing
        }
        let unit = String(fill)
        return String(repeating: unit, count: left) + text + String(repeating: unit, count: missing - left)
    }
}
