import PipelineCore

/// Reads one MessagePack value after another from bytes.
struct MessagePackReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    var isAtEnd: Bool { position == bytes.endIndex }

    mutating func value(depth: Int) throws(MessagePack.DecodingError) -> JSONValue {
        guard depth < MessagePack.maximumDepth else { throw .init(description: "nested too deeply") }
        let code = try byte()
        switch code {
        case 0x00...0x7F: return .int(Int(code))
        case 0x80...0x8F: return try map(Int(code & 0x0F), depth)
        case 0x90...0x9F: return try array(Int(code & 0x0F), depth)
        case 0xA0...0xBF: return try string(Int(code & 0x1F))
        case 0xE0...0xFF: return .int(Int(Int8(bitPattern: code)))
        case 0xC0: return .null
        case 0xC2, 0xC3: return .bool(code == 0xC3)
        case 0xCA, 0xCB: return try float(isDouble: code == 0xCB)
        case 0xCC...0xCF: return unsigned(try integer(1 << Int(code - 0xCC)))
        case 0xD0...0xD3: return try signed(1 << Int(code - 0xD0))
        default: return try sized(code, depth)
        }
    }

    /// Values with a length field or an extension type.
    private mutating func sized(_ code: UInt8, _ depth: Int) throws(MessagePack.DecodingError) -> JSONValue {
        switch code {
        case 0xC4...0xC6: return try string(Int(try integer(1 << Int(code - 0xC4))))
        case 0xC7...0xC9: return try extended(Int(try integer(1 << Int(code - 0xC7))))
        case 0xD4...0xD8: return try extended(1 << Int(code - 0xD4))
        case 0xD9...0xDB: return try string(Int(try integer(1 << Int(code - 0xD9))))
        case 0xDC, 0xDD: return try array(Int(try integer(code == 0xDC ? 2 : 4)), depth)
        case 0xDE, 0xDF: return try map(Int(try integer(code == 0xDE ? 2 : 4)), depth)
        default: throw .init(description: "the code \(code) is not used")
        }
    }

    private mutating func byte() throws(MessagePack.DecodingError) -> UInt8 {
        guard position < bytes.endIndex else { throw .init(description: "the value is cut off") }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func take(_ count: Int) throws(MessagePack.DecodingError) -> ArraySlice<UInt8> {
        guard count <= bytes.endIndex - position else { throw .init(description: "the value is cut off") }
        defer { position += count }
        return bytes[position..<position + count]
    }

    private mutating func integer(_ size: Int) throws(MessagePack.DecodingError) -> UInt64 {
        try take(size).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private func unsigned(_ number: UInt64) -> JSONValue {
        Int(exactly: number).map(JSONValue.int) ?? .double(Double(number))
    }

    private mutating func signed(_ size: Int) throws(MessagePack.DecodingError) -> JSONValue {
        let shift = 64 - 8 * size
        return .int(Int(Int64(bitPattern: try integer(size) << UInt64(shift)) >> Int64(shift)))
    }

    private mutating func float(isDouble: Bool) throws(MessagePack.DecodingError) -> JSONValue {
        isDouble
            ? .double(Double(bitPattern: try integer(8)))
            : .double(Double(Float(bitPattern: UInt32(try integer(4)))))
    }

    private mutating func string(_ count: Int) throws(MessagePack.DecodingError) -> JSONValue {
        .string(String(decoding: try take(count), as: UTF8.self))
    }

    private mutating func array(_ count: Int, _ depth: Int) throws(MessagePack.DecodingError) -> JSONValue {
        var elements: [JSONValue] = []
        for _ in 0..<count { elements.append(try value(depth: depth + 1)) }
        return .array(elements)
    }

    private mutating func map(_ count: Int, _ depth: Int) throws(MessagePack.DecodingError) -> JSONValue {
        var members = JSONObject()
        for _ in 0..<count {
            let key = try value(depth: depth + 1)
            members[key.stringValue ?? key.serialized()] = try value(depth: depth + 1)
        }
        return .object(members)
    }

    /// Timestamps of 4, 8 and 12 bytes; no other extension is in use.
    private mutating func extended(_ count: Int) throws(MessagePack.DecodingError) -> JSONValue {
        let kind = Int8(bitPattern: try byte())
        guard kind == -1 else { throw .init(description: "the extension type \(kind) is not known") }
        let (seconds, nanoseconds): (Int64, UInt64)
        switch count {
        case 4: (seconds, nanoseconds) = (Int64(try integer(4)), 0)
        case 8:
            let packed = try integer(8)
            (seconds, nanoseconds) = (Int64(packed & 0x3_FFFF_FFFF), packed >> 34)
        case 12:
            nanoseconds = try integer(4)
            seconds = Int64(bitPattern: try integer(8))
        default: throw .init(description: "a timestamp of \(count) bytes")
        }
        // The bound is far outside of Python's years 1 to 9999, and inside what microseconds can count.
        guard abs(seconds) < 1_000_000_000_000 else { throw .init(description: "a timestamp out of range") }
        return .string(Timestamp(microseconds: seconds * 1_000_000 + Int64(nanoseconds / 1_000)).isoFormat)
    }
}
