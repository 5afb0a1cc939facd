extension JSONValue {
    /// How a document is laid out.
    package enum Style: Sendable {
        /// No white space at all.
        case compact
        /// Python's `json.dumps` default: one blank after `,` and `:`.
        case python
        /// Two blanks of indentation per level.
        case pretty
    }

    /// The document as JSON text. Doubles without a fraction keep their `.0`, as Python writes them.
    package func serialized(_ style: Style = .compact, sortedKeys: Bool = false) -> String {
        String(decoding: serializedUTF8(style, sortedKeys: sortedKeys), as: UTF8.self)
    }

    /// The document as a part of a larger one that stands `level` levels deep, without indentation of its first line.
    package func serialized(_ style: Style, level: Int) -> String {
        var writer = JSONWriter(style: style, sortedKeys: false)
        writer.write(self, level: level)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The document as UTF-8 bytes.
    package func serializedUTF8(_ style: Style = .compact, sortedKeys: Bool = false) -> [UInt8] {
        var writer = JSONWriter(style: style, sortedKeys: sortedKeys)
        writer.write(self, level: 0)
        return writer.bytes
    }
}

struct JSONWriter {
    var bytes: [UInt8] = []
    let style: JSONValue.Style
    let sortedKeys: Bool

    init(style: JSONValue.Style, sortedKeys: Bool) {
        self.style = style
        self.sortedKeys = sortedKeys
    }

    mutating func write(_ value: JSONValue, level: Int) {
        switch value {
        case .null: append("null")
        case .bool(let flag): append(flag ? "true" : "false")
        case .int(let number): append(String(number))
        case .double(let number): append(Self.text(of: number))
        case .string(let text): write(string: text)
        case .array(let elements): write(elements, level: level)
        case .object(let members): write(members, level: level)
        }
    }

    /// Python's `repr` of a float, in JSON's spelling.
    static func text(of number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        return number.description
    }

    private mutating func write(_ elements: [JSONValue], level: Int) {
        guard !elements.isEmpty else { return append("[]") }
        append("[")
        for (index, element) in elements.enumerated() {
            separate(index, level: level + 1)
            write(element, level: level + 1)
        }
        close("]", level: level)
    }

    private mutating func write(_ members: JSONObject, level: Int) {
        guard !members.isEmpty else { return append("{}") }
        append("{")
        let keys = sortedKeys ? members.keys.sorted() : Array(members.keys)
        for (index, key) in keys.enumerated() {
            separate(index, level: level + 1)
            write(string: key)
            append(style == .compact ? ":" : ": ")
            write(members[key] ?? .null, level: level + 1)
        }
        close("}", level: level)
    }

    private mutating func separate(_ index: Int, level: Int) {
        if index > 0 { append(style == .python ? ", " : ",") }
        newline(level)
    }

    private mutating func close(_ bracket: String, level: Int) {
        newline(level)
        append(bracket)
    }

    private mutating func newline(_ level: Int) {
        guard style == .pretty else { return }
        bytes.append(0x0A)
        bytes.append(contentsOf: repeatElement(0x20, count: 2 * level))
    }

    private mutating func write(string text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case 0x0A: append("\\n")
            case 0x0D: append("\\r")
            case 0x09: append("\\t")
            case 0..<0x20: append("\\u00" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
}
