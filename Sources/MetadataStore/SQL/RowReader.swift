import PipelineCore

/// Reads the columns of a row from left to right. What cannot be understood is an error that names the table, the
/// column and the row: nothing is guessed.
struct RowReader {
    let table: String
    /// How many of the first columns are the row's key.
    let keyLength: Int
    let columns: [String]
    let values: [SQLValue]
    private var position = 0

    init(table: String, keyLength: Int, columns: [String], values: [SQLValue]) {
        self.table = table
        self.keyLength = keyLength
        self.columns = columns
        self.values = values
    }

    var hasMore: Bool { position < values.count }

    private mutating func next() -> SQLValue {
        defer { position += 1 }
        return values[position]
    }

    /// An error about the column that was read last.
    func failure(_ problem: String) -> StoreError {
        let key = values.prefix(keyLength).map(\.shortText).joined(separator: ", ")
        return StoreError(.corrupt, "\(table).\(columns[position - 1]) of the row (\(key)) \(problem)")
    }

    private func required<Value>(_ value: Value?, _ kind: String) throws -> Value {
        guard let value else { throw failure("is NULL, should be \(kind)") }
        return value
    }

    mutating func text() throws -> String { try required(optionalText(), "text") }
    mutating func optionalText() throws -> String? {
        switch next() {
        case .null: nil
        case .text(let text): text
        default: throw failure("is not text")
        }
    }

    mutating func int() throws -> Int { try required(optionalInt(), "a number") }
    mutating func optionalInt() throws -> Int? {
        switch next() {
        case .null: nil
        case .int(let number): Int(number)
        default: throw failure("is not a number")
        }
    }

    mutating func optionalReal() throws -> Double? {
        switch next() {
        case .null: nil
        case .real(let number): number
        default: throw failure("is not a number")
        }
    }

    mutating func bool() throws -> Bool {
        switch next() {
        case .bool(let flag): flag
        case .int(0): false
        case .int(1): true
        default: throw failure("is not a truth value")
        }
    }

    mutating func timestamp() throws -> Timestamp { try required(optionalTimestamp(), "a timestamp") }
    mutating func optionalTimestamp() throws -> Timestamp? {
        switch next() {
        case .null: nil
        case .timestamp(let instant): instant
        case .int(let microseconds): Timestamp(microseconds: microseconds)
        default: throw failure("is not a timestamp")
        }
    }

    mutating func uuid() throws -> UUID7 { try required(optionalUUID(), "a UUID") }
    mutating func optionalUUID() throws -> UUID7? {
        switch next() {
        case .null: return nil
        case .uuid(let id): return id
        case .bytes(let bytes) where bytes.count == 16: return UUID7(bytes: bytes)
        default: throw failure("is not a UUID of 16 bytes")
        }
    }

    mutating func bytes() throws -> [UInt8] {
        guard case .bytes(let bytes) = next() else { throw failure("is not a byte string") }
        return bytes
    }

    mutating func json() throws -> JSONValue { try required(optionalJSON(), "JSON") }
    mutating func optionalJSON() throws -> JSONValue? {
        guard let text = try optionalText() else { return nil }
        do {
            return try JSONValue.parse(text)
        } catch {
            throw failure("is not JSON: \(error)")
        }
    }

    mutating func object() throws -> JSONObject {
        guard let object = try json().objectValue else { throw failure("is not a JSON object") }
        return object
    }

    mutating func word<Word: RawRepresentable>(_ type: Word.Type) throws -> Word where Word.RawValue == String {
        try required(optionalWord(type), "a word")
    }
    mutating func optionalWord<Word: RawRepresentable>(_ type: Word.Type) throws -> Word?
    where Word.RawValue == String {
        guard let text = try optionalText() else { return nil }
        guard let word = Word(rawValue: text) else { throw failure("is '\(text)', which is no \(type)") }
        return word
    }
}

extension SQLValue {
    /// For messages: bounded, one line.
    fileprivate var shortText: String {
        switch self {
        case .null: "NULL"
        case .int(let number): String(number)
        case .real(let number): String(number)
        case .bool(let flag): String(flag)
        case .text(let text): String(text.prefix(100))
        case .uuid(let id): id.description
        case .timestamp(let instant): instant.apiFormat
        case .bytes(let bytes) where bytes.count == 16: UUID7(bytes: bytes).description
        case .bytes(let bytes): "\(bytes.count) bytes"
        case .texts, .timestamps: "a list"
        }
    }
}

extension UUID7 {
    /// - Precondition: 16 bytes, the highest first.
    init(bytes: some Collection<UInt8>) {
        precondition(bytes.count == 16)
        self.init(
            high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
            low: bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// 16 bytes, the highest first.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withUnsafeBytes(of: (high.bigEndian, low.bigEndian), body)
    }
}
