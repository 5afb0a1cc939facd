import CLibPQ
import PipelineCore

/// PostgreSQL's binary formats of the types that the schema uses: no text is made or parsed for a number, an instant
/// or a UUID. Source: PostgreSQL 15, `src/backend/utils/adt` (`*send`, `*recv`).
enum PostgresFormat {
    /// Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL's timestamps begin.
    private static let epochShift: Int64 = 946_684_800_000_000

    /// Object ids of types (`pg_type.dat`), which never change.
    enum TypeID {
        static let bool: Oid = 16
        static let bytea: Oid = 17
        static let int8: Oid = 20
        static let int4: Oid = 23
        static let text: Oid = 25
        static let float8: Oid = 701
        static let name: Oid = 19
        static let varchar: Oid = 1043
        static let timestamptz: Oid = 1184
        static let uuid: Oid = 2950

        /// The element type of an array type.
        static let elements: [Oid: Oid] = [
            1000: bool, 1001: bytea, 1016: int8, 1007: int4, 1009: text, 1022: float8,
            1185: timestamptz, 2951: uuid,
        ]
    }

    /// The bytes of a value as the server wants it for this type; `nil` for NULL.
    static func encode(_ value: SQLValue, as type: Oid) -> [UInt8]? {
        switch (value, type) {
        case (.null, _): return nil
        case (.int(let number), TypeID.int8): return bytes(number)
        case (.int(let number), TypeID.int4): return bytes(Int32(clamping: number))
        case (.real(let number), TypeID.float8): return bytes(number.bitPattern)
        case (.bool(let flag), TypeID.bool): return [flag ? 1 : 0]
        case (.text(let text), TypeID.text), (.text(let text), TypeID.varchar): return bytes(text)
        case (.bytes(let content), TypeID.bytea): return content
        case (.timestamp(let instant), TypeID.timestamptz): return bytes(instant.microseconds - epochShift)
        case (.uuid(let id), TypeID.uuid): return id.withBytes { Array($0) }
        case (.texts(let texts), _): return array(texts.map { .text($0) }, of: TypeID.text)
        case (.timestamps(let instants), _): return array(instants.map { .timestamp($0) }, of: TypeID.timestamptz)
        default: preconditionFailure("\(value) was bound where the statement wants type \(type)")
        }
    }

    /// A one-dimensional array: dimensions, whether there are NULLs, element type, length, lower bound, elements.
    static func array(_ values: [SQLValue], of element: Oid) -> [UInt8] {
        var result = bytes(Int32(values.isEmpty ? 0 : 1))
        result += bytes(Int32(values.contains(.null) ? 1 : 0))
        result += bytes(Int32(bitPattern: element))
        if values.isEmpty { return result }
        result += bytes(Int32(values.count)) + bytes(Int32(1))
        for value in values {
            guard let content = encode(value, as: element) else {
                result += bytes(Int32(-1))
                continue
            }
            result += bytes(Int32(content.count))
            result += content
        }
        return result
    }

    static func decode(_ content: UnsafeRawBufferPointer, as type: Oid) -> SQLValue {
        switch type {
        case TypeID.int8: .int(integer(content))
        case TypeID.int4: .int(Int64(Int32(truncatingIfNeeded: integer(content))))
        case TypeID.float8: .real(Double(bitPattern: UInt64(bitPattern: integer(content))))
        case TypeID.bool: .bool(content.first == 1)
        case TypeID.text, TypeID.varchar, TypeID.name: .text(String(decoding: content, as: UTF8.self))
        case TypeID.timestamptz: .timestamp(Timestamp(microseconds: integer(content) + epochShift))
        case TypeID.uuid: .uuid(UUID7(bytes: content))
        default: .bytes(Array(content))
        }
    }

    private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }

    /// PostgreSQL's text cannot hold the character NUL; the replacement character takes its place.
    private static func bytes(_ text: String) -> [UInt8] {
        let content = Array(text.utf8)
        guard content.contains(0) else { return content }
        return content.flatMap { $0 == 0 ? Array("\u{FFFD}".utf8) : [$0] }
    }

    private static func integer(_ content: UnsafeRawBufferPointer) -> Int64 {
        Int64(bitPattern: content.reduce(0) { $0 << 8 | UInt64($1) })
    }
}
