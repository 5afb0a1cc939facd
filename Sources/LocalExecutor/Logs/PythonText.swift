import PipelineCore

/// Python's ways with text.
enum PythonText {
    /// `bytes.decode("utf-8", errors="backslashreplace")`.
    static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        var result = ""
        var rest = bytes
        while let first = rest.first {
            let length = sequenceLength(first)
            if length > 0, rest.count >= length, let text = String(validating: rest.prefix(length), as: UTF8.self) {
                result += text
                rest = rest.dropFirst(length)
            } else {
                let digits = String(first, radix: 16)
                result += "\\x" + (digits.count < 2 ? "0" : "") + digits
                rest = rest.dropFirst()
            }
        }
        return result
    }

    /// Bytes of the UTF-8 sequence that begins so; 0 for a byte that begins none.
    private static func sequenceLength(_ first: UInt8) -> Int {
        switch first {
        case 0..<0x80: 1
        case 0xC2..<0xE0: 2
        case 0xE0..<0xF0: 3
        case 0xF0..<0xF5: 4
        default: 0
        }
    }

    /// `text.rstrip()`.
    static func rightStripped(_ text: String) -> String {
        var rest = text.unicodeScalars[...]
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return String(rest)
    }

    /// `text.strip()`.
    static func stripped(_ text: String) -> String {
        var rest = text.unicodeScalars[...]
        while let first = rest.first, isSpace(first) { rest.removeFirst() }
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return String(rest)
    }

    /// `str.isspace`: Unicode's white space, and the separators 1C to 1F.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
    }

    /// `repr(text)`.
    static func repr(_ text: String) -> String { JSONValue.string(text).pythonText }

    /// The greatest length up to `limit` at which `bytes` can be cut without cutting a character.
    static func cut(_ bytes: some RandomAccessCollection<UInt8>, at limit: Int) -> Int {
        guard bytes.count > limit else { return bytes.count }
        var length = limit
        while length > max(0, limit - 4), bytes[bytes.index(bytes.startIndex, offsetBy: length)] & 0xC0 == 0x80 {
            length -= 1
        }
        return length > max(0, limit - 4) ? length : limit
    }
}
