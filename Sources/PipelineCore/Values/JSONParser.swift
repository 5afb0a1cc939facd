/// Why a text is not JSON, and where.
package struct JSONParseError: Error, Hashable, CustomStringConvertible {
    /// What was found and what was expected.
    package var message: String
    /// Byte offset from the start of the text.
    package var offset: Int
    /// Line, counted from 1.
    package var line: Int
    /// Column in bytes, counted from 1.
    package var column: Int

    package var description: String { "line \(line), column \(column): \(message)" }
}

extension JSONValue {
    /// Deepest nesting that is read; deeper input is refused rather than allowed to exhaust the stack.
    package static let maximumDepth = 512

    /// Reads one JSON document (RFC 8259, plus Python's `NaN`, `Infinity` and `-Infinity`).
    /// - Throws: ``JSONParseError`` with line and column.
    package static func parse(_ text: String) throws(JSONParseError) -> JSONValue {
        try parse(utf8: Array(text.utf8))
    }

    /// Reads one JSON document from UTF-8 bytes.
    package static func parse(utf8 bytes: [UInt8]) throws(JSONParseError) -> JSONValue {
        var parser = JSONParser(bytes: bytes)
        return try parser.document()
    }
}

/// A recursive-descent reader over UTF-8 bytes.
struct JSONParser {
    let bytes: [UInt8]
    /// Where the text ends; positions count from the start of `bytes`.
    let end: Int
    private let start: Int
    var position: Int
    /// Shares equal strings of what is read, where there is one.
    private let strings: JSONStrings?

    init(bytes: [UInt8], range: Range<Int>? = nil, strings: JSONStrings? = nil) {
        self.bytes = bytes
        self.strings = strings
        start = range?.lowerBound ?? 0
        end = range?.upperBound ?? bytes.count
        position = start
    }

    mutating func document() throws(JSONParseError) -> JSONValue {
        let result = try value(depth: 0)
        skipWhitespace()
        guard position == end else { throw failure("unexpected text after the document") }
        return result
    }

    private mutating func value(depth: Int) throws(JSONParseError) -> JSONValue {
        guard depth < JSONValue.maximumDepth else { throw failure("nested deeper than \(JSONValue.maximumDepth)") }
        skipWhitespace()
        guard position < end else { throw failure("unexpected end of text") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "N"): return try word("NaN", .double(.nan))
        case UInt8(ascii: "I"): return try word("Infinity", .double(.infinity))
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws(JSONParseError) -> JSONValue {
        position += 1
        var members = JSONObject()
        if skip(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            let key = try memberName()
            members[key] = try value(depth: depth + 1)
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "}")) else { throw failure("expected ',' or '}'") }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(JSONParseError) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        if skip(UInt8(ascii: "]")) { return .array(elements) }
        repeat { elements.append(try value(depth: depth + 1)) } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "]")) else { throw failure("expected ',' or ']'") }
        return .array(elements)
    }

    mutating func string() throws(JSONParseError) -> String {
        position += 1
        let start = position
        while position < end, bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\") {
            guard bytes[position] >= 0x20 else { throw failure("control character in a string") }
            position += 1
        }
        if position < end, bytes[position] == UInt8(ascii: "\"") {
            defer { position += 1 }
            let text = String(decoding: bytes[start..<position], as: UTF8.self)
            return strings?.shared(text) ?? text
        }
        return try escapedString(prefix: Array(bytes[start..<position]))
    }

    private mutating func escapedString(prefix: [UInt8]) throws(JSONParseError) -> String {
        var out = prefix
        while position < end {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: out, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &out)
            case 0..<0x20: throw failure("control character in a string")
            default: out.append(byte)
            }
        }
        throw failure("string without an end")
    }

    private mutating func escape(into out: inout [UInt8]) throws(JSONParseError) {
        guard position < end else { throw failure("string without an end") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "u"): out.append(contentsOf: String(Character(try scalar())).utf8)
        default: throw failure("unknown escape in a string")
        }
    }

    /// A `\u` escape, joined with its low surrogate; a lone surrogate becomes U+FFFD.
    private mutating func scalar() throws(JSONParseError) -> Unicode.Scalar {
        let replacement: Unicode.Scalar = "\u{FFFD}"
        let high = try hexadecimal()
        guard (0xD800..<0xDC00).contains(high) else { return Unicode.Scalar(high) ?? replacement }
        guard position + 1 < end, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { return replacement }
        let mark = position
        position += 2
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else {
            position = mark
            return replacement
        }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? replacement
    }

    private mutating func hexadecimal() throws(JSONParseError) -> UInt32 {
        guard position + 4 <= end,
            let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw failure("expected four hexadecimal digits after \\u") }
        position += 4
        return value
    }

    private mutating func number() throws(JSONParseError) -> JSONValue {
        let start = position
        if bytes[position] == UInt8(ascii: "-") {
            position += 1
            if position < end, bytes[position] == UInt8(ascii: "I") {
                return try word("Infinity", .double(-.infinity))
            }
        }
        while position < end, Self.isNumeric(bytes[position]) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if let value = Int(text), text.first != "+" { return .int(value) }
        guard let first = text.utf8.first, first != UInt8(ascii: "+"), let value = Double(text) else {
            position = start
            throw failure("expected a value")
        }
        return .double(value)
    }

    private static func isNumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONParseError) -> JSONValue {
        let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard bytes[position..<end].starts(with: expected) else { throw failure("expected a value") }
        position += expected.count
        return value
    }

    mutating func skip(_ byte: UInt8) -> Bool {
        skipWhitespace()
        guard position < end, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    mutating func skipWhitespace() {
        while position < end {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    func failure(_ message: String) -> JSONParseError {
        let before = bytes[start..<position]
        let line = before.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
        let column = position - (before.lastIndex(of: 0x0A) ?? start - 1)
        return JSONParseError(message: message, offset: position - start, line: line, column: column)
    }
}
