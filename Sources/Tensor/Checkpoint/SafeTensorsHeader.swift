/// What a safetensors header says.
struct SafeTensorsHeader {
    struct Record {
        var name: String
        var dtype: DType
        var shape: [Int]
        var begin: Int
        var end: Int
    }

    var metadata: [String: String] = [:]
    var records: [Record] = []
}

/// Reads the JSON that the format allows: an object of objects with strings and arrays of whole numbers.
struct SafeTensorsHeaderParser {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    mutating func parse() throws(TensorError) -> SafeTensorsHeader {
        var header = SafeTensorsHeader()
        var names: Set<String> = []
        try object { (parser, name) throws(TensorError) in
            guard names.insert(name).inserted else { throw parser.failure("the name \(name) appears twice") }
            if name == "__metadata__" {
                try parser.object { (parser, key) throws(TensorError) in header.metadata[key] = try parser.string() }
            } else {
                header.records.append(try parser.record(name))
            }
        }
        skipSpace()
        guard position == bytes.endIndex else { throw failure("text follows the header") }
        return header
    }

    private mutating func record(_ name: String) throws(TensorError) -> SafeTensorsHeader.Record {
        var dtype: String?
        var shape: [Int]?
        var place: [Int]?
        try object { (parser, key) throws(TensorError) in
            switch key {
            case "dtype": dtype = try parser.string()
            case "shape": shape = try parser.numbers()
            case "data_offsets": place = try parser.numbers()
            default: throw parser.failure("\(name) has an unknown field \(key)")
            }
        }
        guard let dtype, let shape, let place, place.count == 2 else { throw failure("\(name) is incomplete") }
        guard let known = DType(rawValue: dtype) else {
            throw failure("\(name) has the type \(dtype), which is not supported")
        }
        let count = shape.reduce((1, false)) { total, extent in
            let (product, overflow) = total.0.multipliedReportingOverflow(by: extent)
            return (product, total.1 || overflow)
        }
        let bytes = count.0.multipliedReportingOverflow(by: known.size)
        guard !count.1, !bytes.overflow, place[0] <= place[1], bytes.partialValue == place[1] - place[0] else {
            throw failure("\(name) of type \(dtype) and shape \(shape) lies at \(place)")
        }
        return .init(name: name, dtype: known, shape: shape, begin: place[0], end: place[1])
    }

    // The grammar.

    private mutating func object(
        _ member: (inout SafeTensorsHeaderParser, String) throws(TensorError) -> Void
    ) throws(TensorError) {
        try expect("{")
        if take("}") { return }
        repeat {
            let key = try string()
            try expect(":")
            try member(&self, key)
        } while take(",")
        try expect("}")
    }

    private mutating func numbers() throws(TensorError) -> [Int] {
        var result: [Int] = []
        try expect("[")
        if take("]") { return result }
        repeat { result.append(try number()) } while take(",")
        try expect("]")
        return result
    }

    private mutating func number() throws(TensorError) -> Int {
        skipSpace()
        let digits = bytes[position...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard !digits.isEmpty, let value = Int(String(decoding: digits, as: UTF8.self)) else {
            throw failure("a whole number is missing")
        }
        position = digits.endIndex
        return value
    }

    private mutating func string() throws(TensorError) -> String {
        try expect("\"")
        var text: [UInt8] = []
        while position < bytes.endIndex {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
            text += byte == UInt8(ascii: "\\") ? try escape() : [byte]
        }
        throw failure("a string does not end")
    }

    /// The bytes of an escape, behind its backslash.
    private mutating func escape() throws(TensorError) -> [UInt8] {
        guard position < bytes.endIndex else { throw failure("a string does not end") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw failure("a string has an unknown escape")
        }
    }

    private mutating func unicodeEscape() throws(TensorError) -> [UInt8] {
        let first = try codeUnit()
        guard UTF16.isLeadSurrogate(first) else { return Array(String(decoding: [first], as: UTF16.self).utf8) }
        guard bytes[position...].starts(with: Array("\\u".utf8)) else { throw failure("a string has half a character") }
        position += 2
        return Array(String(decoding: [first, try codeUnit()], as: UTF16.self).utf8)
    }

    private mutating func codeUnit() throws(TensorError) -> UInt16 {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4, let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16) else {
            throw failure("a string has an unknown escape")
        }
        position += 4
        return unit
    }

    private mutating func skipSpace() {
        while position < bytes.endIndex, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.endIndex, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(TensorError) {
        guard take(character) else { throw failure("\(character) is missing") }
    }

    private func failure(_ cause: String) -> TensorError {
        TensorError(.malformedFile, "safetensors header, byte \(position - bytes.startIndex): \(cause)")
    }
}
