#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Floats as CPython prints and rounds them.
enum PythonFloat {
    /// `repr(float)`: the shortest digits that read back, with an exponent below 1e-4 and from 1e16.
    static func repr(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        let sign = value.sign == .minus ? "-" : ""
        if value == 0 { return sign + "0.0" }
        let (digits, exponent) = shortest(value.magnitude)
        return sign + layout(digits, exponent: exponent)
    }

    /// The shortest digits and the power of ten of the first one; Swift computes the same digits as CPython.
    static func shortest(_ magnitude: Double) -> (digits: [UInt8], exponent: Int) {
        var digits: [UInt8] = []
        var pointAt: Int?
        var exponent = 0
        let text = Array(magnitude.description.utf8)
        for (index, byte) in text.enumerated() {
            if byte == UInt8(ascii: ".") {
                pointAt = digits.count
            } else if byte == UInt8(ascii: "e") {
                exponent = Int(String(decoding: text[(index + 1)...], as: UTF8.self)) ?? 0
                break
            } else {
                digits.append(byte)
            }
        }
        let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
        let first = (pointAt ?? digits.count) - leading - 1 + exponent
        digits.removeFirst(leading)
        while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return (digits, first)
    }

    private static func layout(_ digits: [UInt8], exponent: Int) -> String {
        let text = String(decoding: digits, as: UTF8.self)
        if exponent < -4 || exponent >= 16 {
            let fraction = digits.count > 1 ? "." + text.dropFirst() : ""
            return text.prefix(1) + fraction + "e" + (exponent < 0 ? "-" : "+") + padded(abs(exponent), 2)
        }
        if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + text }
        if digits.count <= exponent + 1 {
            return text + String(repeating: "0", count: exponent + 1 - digits.count) + ".0"
        }
        return text.prefix(exponent + 1) + "." + text.dropFirst(exponent + 1)
    }

    /// C's `%.*f`, `%.*e` or `%.*g`, which round the exact value as CPython does.
    /// - Parameter style: one of `f`, `e`, `g`, `F`, `E`, `G`.
    static func formatted(_ value: Double, style: String, precision: Int, alternate: Bool = false) -> String {
        if value.isNaN || value.isInfinite {
            let name = value.isNaN ? "nan" : value < 0 ? "-inf" : "inf"
            return style == style.uppercased() ? name.uppercased() : name
        }
        let format = "%" + (alternate ? "#" : "") + ".*" + style
        var buffer = [CChar](repeating: 0, count: 400 + precision)
        let length = withVaList([Int32(precision), value]) { vsnprintf(&buffer, buffer.count, format, $0) }
        return String(decoding: buffer.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// `round(value, digits)` for digits at or above zero: half to even of the exact value.
    static func rounded(_ value: Double, digits: Int) -> Double {
        guard value.isFinite, digits < 300 else { return value }
        return Double(formatted(value, style: "f", precision: digits)) ?? value
    }

    static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

    /// Python's `%` on floats: the sign of the divisor.
    static func modulo(_ left: Double, _ right: Double) -> Double {
        let remainder = fmod(left, right)
        if remainder == 0 { return Double(signOf: right, magnitudeOf: 0) }
        return (remainder < 0) != (right < 0) ? remainder + right : remainder
    }

    /// Python's `//` on floats.
    static func floorDivide(_ left: Double, _ right: Double) -> Double {
        let quotient = (left - modulo(left, right)) / right
        if quotient == 0 { return Double(signOf: left / right, magnitudeOf: 0) }
        let down = quotient.rounded(.down)
        return quotient - down > 0.5 ? down + 1 : down
    }

    /// `float(text)`; nil where Python raises `ValueError`.
    static func parse(_ text: String) throws -> Double? {
        let trimmed = PythonStrings.strip(text, nil, left: true, right: true)
        switch trimmed.lowercased() {
        case "inf", "+inf", "infinity", "+infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        case "nan", "+nan", "-nan": return .nan
        default: break
        }
        let allowed = trimmed.utf8.allSatisfy { (48...57).contains($0) || [43, 45, 46, 69, 101].contains($0) }
        if trimmed.utf8.contains(95) || !trimmed.utf8.allSatisfy({ $0 < 128 }) { throw unsupported("number \(trimmed)") }
        guard allowed else { return nil }
        return Double(trimmed.hasSuffix(".") ? trimmed + "0" : trimmed)
    }
}
