import PipelineCore

/// MessagePack as the Task SDK's runner speaks it, to and from JSON values.
///
/// Instants (extension type -1) become ISO 8601 text, which the SDK's models read as well, so that nothing but JSON
/// values travels inside this program. Source: https://github.com/msgpack/msgpack/blob/master/spec.md
enum MessagePack {
    struct DecodingError: Error, CustomStringConvertible {
        var description: String
    }

    /// Nested arrays and maps that are read; deeper input is refused rather than overrunning the stack.
    static let maximumDepth = 512

    static func encode(_ value: JSONValue) -> [UInt8] {
        var bytes: [UInt8] = []
        append(value, to: &bytes)
        return bytes
    }

    /// The one value that `bytes` hold.
    static func decode(_ bytes: ArraySlice<UInt8>) throws(DecodingError) -> JSONValue {
        var reader = MessagePackReader(bytes)
        let value = try reader.value(depth: 0)
        guard reader.isAtEnd else { throw DecodingError(description: "bytes follow the value") }
        return value
    }

    private static func append(_ value: JSONValue, to bytes: inout [UInt8]) {
        switch value {
        case .null: bytes.append(0xC0)
        case .bool(let flag): bytes.append(flag ? 0xC3 : 0xC2)
        case .int(let number): append(number, to: &bytes)
        case .double(let number):
            bytes.append(0xCB)
            append(bigEndian: number.bitPattern, to: &bytes)
        case .string(let text): append(text, to: &bytes)
        case .array(let elements):
            appendHeader(elements.count, fix: 0x90, fixLimit: 16, wide: 0xDC, to: &bytes)
            for element in elements { append(element, to: &bytes) }
        case .object(let members):
            appendHeader(members.count, fix: 0x80, fixLimit: 16, wide: 0xDE, to: &bytes)
            for (key, member) in members {
                append(key, to: &bytes)
                append(member, to: &bytes)
            }
        }
    }

    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        switch number {
        case 0..<128: bytes.append(UInt8(number))
        case -32..<0: bytes.append(UInt8(bitPattern: Int8(number)))
        default:
            bytes.append(0xD3)
            append(bigEndian: UInt64(bitPattern: Int64(number)), to: &bytes)
        }
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        let utf8 = Array(text.utf8)
        switch utf8.count {
        case 0..<32: bytes.append(0xA0 | UInt8(utf8.count))
        case 32..<256: bytes += [0xD9, UInt8(utf8.count)]
        case 256..<65_536:
            bytes.append(0xDA)
            append(bigEndian: UInt16(utf8.count), to: &bytes)
        default:
            bytes.append(0xDB)
            append(bigEndian: UInt32(utf8.count), to: &bytes)
        }
        bytes += utf8
    }

    /// The header of an array or map; `wide` takes two bytes of length, the code after it four.
    private static func appendHeader(
        _ count: Int, fix: UInt8, fixLimit: Int, wide: UInt8, to bytes: inout [UInt8]
    ) {
        if count < fixLimit {
            bytes.append(fix | UInt8(count))
        } else if count < 65_536 {
            bytes.append(wide)
            append(bigEndian: UInt16(count), to: &bytes)
        } else {
            bytes.append(wide + 1)
            append(bigEndian: UInt32(count), to: &bytes)
        }
    }

    private static func append(bigEndian number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
    }
}
