import PipelineCore

/// A value bound to a statement or read from a row. The two databases store some of them differently: SQLite keeps a
/// timestamp as integer microseconds, a UUID as 16 bytes, a truth value as 0 or 1, a list as a JSON array.
enum SQLValue: Sendable, Hashable {
    case null
    case int(Int64)
    /// Never NaN, which SQLite turns into NULL.
    case real(Double)
    case bool(Bool)
    case text(String)
    case bytes([UInt8])
    case timestamp(Timestamp)
    case uuid(UUID7)
    /// Only bound, for conditions on several values.
    case texts([String])
    case timestamps([Timestamp])
}

extension SQLValue {
    static func int(_ value: Int) -> SQLValue { .int(Int64(value)) }
    static func int(_ value: Int?) -> SQLValue { value.map { .int(Int64($0)) } ?? .null }
    static func text(_ value: String?) -> SQLValue { value.map { .text($0) } ?? .null }
    static func timestamp(_ value: Timestamp?) -> SQLValue { value.map { .timestamp($0) } ?? .null }
    static func uuid(_ value: UUID7?) -> SQLValue { value.map { .uuid($0) } ?? .null }
    static func json(_ value: JSONValue) -> SQLValue { .text(value.serialized()) }
    static func json(_ value: JSONValue?) -> SQLValue { value.map { .json($0) } ?? .null }
}
