/// Backslash escapes of Python string literals, as Jinja decodes them (`unicode-escape`).
enum PythonEscapes {
    /// The decoded text.
    /// - Throws: `unsupported` for `\N{...}`, surrogates and escapes that Python itself decodes in surprising ways.
    static func decode(_ raw: ArraySlice<Unicode.Scalar>) throws -> String {
        var result = String.UnicodeScalarView()
        var index = raw.startIndex
        while index < raw.endIndex {
            guard raw[index] == "\\", index + 1 < raw.endIndex else {
                result.append(raw[index])
                index += 1
                continue
            }
            index = try decodeEscape(raw, at: index + 1, into: &result)
        }
        return String(result)
    }

    /// Decodes what follows a backslash and answers the next position.
    private static func decodeEscape(
        _ raw: ArraySlice<Unicode.Scalar>, at index: Int, into result: inout String.UnicodeScalarView
    ) throws -> Int {
        let simple: [Unicode.Scalar: Unicode.Scalar] = [
            "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}", "b": "\u{8}",
            "f": "\u{C}", "v": "\u{B}",
        ]
        let mark = raw[index]
        if let plain = simple[mark] {
            result.append(plain)
            return index + 1
        }
        switch mark {
        case "\n": return index + 1
        case "x": return try decodeNumber(raw, at: index + 1, digits: 2...2, radix: 16, into: &result)
        case "u": return try decodeNumber(raw, at: index + 1, digits: 4...4, radix: 16, into: &result)
        case "U": return try decodeNumber(raw, at: index + 1, digits: 8...8, radix: 16, into: &result)
        case "0"..."7": return try decodeNumber(raw, at: index, digits: 1...3, radix: 8, into: &result)
        case "N": throw unsupported("\\N escape")
        default:
            guard mark.isASCII else { throw unsupported("backslash before a non-ASCII character") }
            result.append("\\")
            result.append(mark)
            return index + 1
        }
    }

    private static func decodeNumber(
        _ raw: ArraySlice<Unicode.Scalar>, at start: Int, digits: ClosedRange<Int>, radix: Int,
        into result: inout String.UnicodeScalarView
    ) throws -> Int {
        var value: UInt32 = 0
        var end = start
        while end < raw.endIndex, end - start < digits.upperBound, let digit = Int(String(raw[end]), radix: radix) {
            value = value * UInt32(radix) + UInt32(digit)
            end += 1
        }
        guard end - start >= digits.lowerBound, let scalar = Unicode.Scalar(value) else {
            throw unsupported("escape that is not a character")
        }
        result.append(scalar)
        return end
    }
}
