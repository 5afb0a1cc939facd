/// `json.dumps` and `json.loads`.
enum PythonJSON {
    struct Options {
        var indent: Int?
        var sortsKeys = false
        var ensuresASCII = true
        var itemSeparator: String?
        var keySeparator = ": "
    }

    static func dump(_ value: JinjaValue, _ options: Options) throws -> String {
        var result = ""
        try write(value, options, level: 0, into: &result)
        return result
    }

    private static func write(_ value: JinjaValue, _ options: Options, level: Int, into result: inout String) throws {
        if level > 100 { throw unsupported("deeply nested JSON") }
        switch value {
        case .none: result += "null"
        case .bool(let flag): result += flag ? "true" : "false"
        case .int(let number): result += String(number)
        case .double(let number): result += float(number)
        case .string(let text), .markup(let text): quote(text, options, into: &result)
        case .list(let list): try writeItems(list.items, options, level, into: &result)
        case .tuple(let items): try writeItems(items, options, level, into: &result)
        case .dict(let dict): try writeDict(dict, options, level, into: &result)
        case .object(let object): throw unsupported("JSON of \(object.typeName)")
        case .undefined:
            throw pythonError("TypeError", "Object of type StrictUndefined is not JSON serializable")
        case .datetime, .date, .timedelta:
            let name = value.pythonTypeName.split(separator: ".").last.map(String.init) ?? ""
            throw pythonError("TypeError", "Object of type \(name) is not JSON serializable")
        default: throw pythonError("TypeError", "Object of type \(value.pythonTypeName) is not JSON serializable")
        }
    }

    private static func float(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        return PythonFloat.repr(number)
    }

    private static func newline(_ options: Options, _ level: Int) -> String {
        options.indent.map { "\n" + String(repeating: " ", count: $0 * level) } ?? ""
    }

    private static func separator(_ options: Options, _ level: Int) -> String {
        (options.itemSeparator ?? (options.indent == nil ? ", " : ",")) + newline(options, level)
    }

    private static func writeItems(
        _ items: [JinjaValue], _ options: Options, _ level: Int, into result: inout String
    ) throws {
        if items.isEmpty { return result += "[]" }
        result += "[" + newline(options, level + 1)
        for (index, item) in items.enumerated() {
            if index > 0 { result += separator(options, level + 1) }
            try write(item, options, level: level + 1, into: &result)
        }
        result += newline(options, level) + "]"
    }

    private static func writeDict(_ dict: JinjaDict, _ options: Options, _ level: Int, into result: inout String) throws {
        if dict.count == 0 { return result += "{}" }
        var entries = dict.entries
        if options.sortsKeys { entries = try Comparison.sorted(entries) { $0.key } }
        result += "{" + newline(options, level + 1)
        for (index, entry) in entries.enumerated() {
            if index > 0 { result += separator(options, level + 1) }
            quote(try keyText(entry.key), options, into: &result)
            result += options.keySeparator
            try write(entry.value, options, level: level + 1, into: &result)
        }
        result += newline(options, level) + "}"
    }

    private static func keyText(_ key: JinjaValue) throws -> String {
        switch key {
        case .string(let text), .markup(let text): return text
        case .none: return "null"
        case .bool(let flag): return flag ? "true" : "false"
        case .int(let number): return String(number)
        case .double(let number): return float(number)
        default:
            throw pythonError(
                "TypeError", "keys must be str, int, float, bool or None, not \(key.pythonTypeName)")
        }
    }

    private static func quote(_ text: String, _ options: Options, into result: inout String) {
        result += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{8}": result += "\\b"
            case "\u{C}": result += "\\f"
            default: appendPlain(scalar, options, into: &result)
            }
        }
        result += "\""
    }

    private static func appendPlain(_ scalar: Unicode.Scalar, _ options: Options, into result: inout String) {
        if scalar.value >= 0x20, scalar.value < 0x7F || scalar.value == 0x7F || !options.ensuresASCII {
            result.unicodeScalars.append(scalar)
        } else {
            for unit in String(scalar).utf16 {
                let hex = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
            }
        }
    }

    /// `json.loads`
    static func load(_ text: String) throws -> JinjaValue {
        var reader = JSONReader(bytes: Array(text.utf8))
        return try reader.document()
    }
}

/// A strict JSON reader; what it does not accept is left to Python, which has the exact error.
private struct JSONReader {
    let bytes: [UInt8]
    var position = 0

    mutating func document() throws -> JinjaValue {
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw invalid }
        return value
    }

    private var invalid: JinjaError { unsupported("text that is not JSON") }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func skip(_ text: String) -> Bool {
        let expected = Array(text.utf8)
        guard bytes[position...].starts(with: expected) else { return false }
        position += expected.count
        return true
    }

    private mutating func value(depth: Int) throws -> JinjaValue {
        if depth > 200 { throw invalid }
        skipSpace()
        guard position < bytes.count else { throw invalid }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        default: break
        }
        if skip("true") { return .bool(true) }
        if skip("false") { return .bool(false) }
        if skip("null") { return .none }
        return try number()
    }

    private mutating func object(depth: Int) throws -> JinjaValue {
        position += 1
        let dict = JinjaDict()
        skipSpace()
        if skip("}") { return .dict(dict) }
        while true {
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw invalid }
            let key = try string()
            skipSpace()
            guard skip(":") else { throw invalid }
            dict.set(text: key, try value(depth: depth + 1))
            skipSpace()
            if skip("}") { return .dict(dict) }
            guard skip(",") else { throw invalid }
        }
    }

    private mutating func array(depth: Int) throws -> JinjaValue {
        position += 1
        var items: [JinjaValue] = []
        skipSpace()
        if skip("]") { return .list(items) }
        while true {
            items.append(try value(depth: depth + 1))
            skipSpace()
            if skip("]") { return .list(items) }
            guard skip(",") else { throw invalid }
        }
    }

    private mutating func number() throws -> JinjaValue {
        let start = position
        while position < bytes.count, "+-.eE0123456789".utf8.contains(bytes[position]) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard let first = digits.utf8.first, (48...57).contains(first), first != 48 || !startsWithZeroDigit(digits) else {
            throw invalid
        }
        if let integer = Int(text) { return .int(integer) }
        guard text.contains(where: { ".eE".contains($0) }), let last = text.utf8.last, (48...57).contains(last),
            !text.contains(".e"), !text.contains(".E"), let double = Double(text)
        else { throw invalid }
        return .double(double)
    }

    private func startsWithZeroDigit(_ digits: Substring) -> Bool {
        digits.utf8.dropFirst().first.map { (48...57).contains($0) } ?? false
    }

    private mutating func string() throws -> String {
        position += 1
        var result: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
            case UInt8(ascii: "\\"): result += Array(String(try escape()).utf8)
            case 0..<0x20: throw invalid
            default: result.append(byte)
            }
        }
        throw invalid
    }

    private mutating func escape() throws -> Unicode.Scalar {
        guard position < bytes.count else { throw invalid }
        let mark = bytes[position]
        position += 1
        let plain: [UInt8: Unicode.Scalar] = [
            0x22: "\"", 0x5C: "\\", 0x2F: "/", 0x62: "\u{8}", 0x66: "\u{C}", 0x6E: "\n", 0x72: "\r", 0x74: "\t",
        ]
        if let scalar = plain[mark] { return scalar }
        guard mark == UInt8(ascii: "u") else { throw invalid }
        let unit = try hexUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, skip("\\u") else { throw invalid }
        let low = try hexUnit()
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
        else { throw invalid }
        return scalar
    }

    private mutating func hexUnit() throws -> UInt32 {
        guard position + 4 <= bytes.count,
            let unit = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw invalid }
        position += 4
        return unit
    }
}
