import CSQLite
import PipelineCore

/// A connection to a SQLite file with its prepared statements.
///
/// `@unchecked Sendable`: made and used by jobs of one ``WorkerThread`` only.
final class SQLiteConnection: @unchecked Sendable {
    private let handle: OpaquePointer
    private let location: String
    private var prepared: [String: OpaquePointer] = [:]

    init(path: String, options: SQLiteOptions) throws {
        location = "sqlite://\(path)"
        var opened: OpaquePointer?
        let mode = options.isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let status = sqlite3_open_v2(path, &opened, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard status == SQLITE_OK, let opened else {
            defer { sqlite3_close_v2(opened) }
            throw SQLiteError.error(opened, code: status, statement: nil, location: location)
        }
        handle = opened
        do {
            try configure(options)
        } catch {
            close()
            throw error
        }
    }

    private func configure(_ options: SQLiteOptions) throws {
        sqlite3_busy_timeout(handle, options.busyTimeoutMilliseconds)
        try runScript("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY")
        try runScript("PRAGMA synchronous = \(options.synchronous)")
        if !options.isReadOnly { try runScript("PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 67108864") }
        if let pages = options.maximumPages { try runScript("PRAGMA max_page_count = \(pages)") }
        // The header is only read now: this is where a file that is no database is found out.
        try runScript("SELECT count(*) FROM sqlite_schema")
    }

    /// Forgets all statements and closes the file. Nothing may be called afterwards.
    func close() {
        for statement in prepared.values { sqlite3_finalize(statement) }
        prepared = [:]
        sqlite3_close_v2(handle)
    }

    /// Whether a transaction is open. Some errors (a full disk) end it by themselves.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Runs statements without parameters, one after the other; drops rows.
    func runScript(_ text: String, name: String? = nil) throws {
        let status = sqlite3_exec(handle, text, nil, nil, nil)
        guard status == SQLITE_OK else { throw failure(status, name) }
    }

    /// Runs the operation once for each of its rows.
    func run(_ operation: SQLOperation) throws -> SQLResult {
        var result = SQLResult()
        result.changed = try run(operation) { result.rows.append($0.values) }
        return result
    }

    /// Hands each row that comes to `receive`, and tells how many rows were changed.
    func run(_ operation: SQLOperation, receive: (SQLRow) throws -> Void) throws -> Int {
        let statement = try prepare(operation.statement)
        var changed = 0
        for values in operation.rows {
            let effect = try execute(statement, values, name: operation.statement.name, receive)
            if let requirement = operation.requirement, effect == (0, 0) { throw requirement.at(location) }
            changed += effect.changed
        }
        return changed
    }

    private func prepare(_ statement: SQLStatement) throws -> OpaquePointer {
        if let known = prepared[statement.name] { return known }
        var made: OpaquePointer?
        let status = sqlite3_prepare_v3(
            handle, statement.text, Int32(statement.text.utf8.count), UInt32(SQLITE_PREPARE_PERSISTENT), &made, nil)
        guard status == SQLITE_OK, let made else { throw failure(status, statement.name) }
        prepared[statement.name] = made
        return made
    }

    private func execute(
        _ statement: OpaquePointer, _ values: [SQLValue], name: String, _ receive: (SQLRow) throws -> Void
    ) throws -> (rows: Int, changed: Int) {
        defer { sqlite3_reset(statement) }
        try bind(statement, values, name: name)
        let changesBefore = sqlite3_total_changes64(handle)
        let width = sqlite3_column_count(statement)
        var (row, rows) = (SQLRow(columns: [], values: []), 0)
        while true {
            let status = sqlite3_step(statement)
            if status == SQLITE_DONE { break }
            guard status == SQLITE_ROW else { throw failure(status, name) }
            if rows == 0 { row.columns = (0..<width).map { String(cString: sqlite3_column_name(statement, $0)) } }
            row.values = (0..<width).map { column(statement, $0) }
            rows += 1
            try receive(row)
        }
        // Without what foreign keys and triggers changed, which only the plain count leaves out.
        let hasChanged = sqlite3_total_changes64(handle) != changesBefore
        return (rows, hasChanged ? Int(sqlite3_changes64(handle)) : 0)
    }

    private func bind(_ statement: OpaquePointer, _ values: [SQLValue], name: String) throws {
        precondition(sqlite3_bind_parameter_count(statement) == values.count, "\(name) takes other parameters")
        for (index, value) in values.enumerated() {
            let status = bind(statement, Int32(index + 1), value)
            guard status == SQLITE_OK else { throw failure(status, name) }
        }
    }

    private func bind(_ statement: OpaquePointer, _ index: Int32, _ value: SQLValue) -> Int32 {
        switch value {
        case .null: sqlite3_bind_null(statement, index)
        case .int(let number): sqlite3_bind_int64(statement, index, number)
        case .real(let number): sqlite3_bind_double(statement, index, number)
        case .bool(let flag): sqlite3_bind_int64(statement, index, flag ? 1 : 0)
        case .timestamp(let instant): sqlite3_bind_int64(statement, index, instant.microseconds)
        case .text(let text): bind(statement, index, text)
        case .bytes(let bytes):
            bytes.withUnsafeBytes {
                pipeline_sqlite3_bind_blob(statement, index, $0.baseAddress, Int32($0.count))
            }
        case .uuid(let id):
            id.withBytes { pipeline_sqlite3_bind_blob(statement, index, $0.baseAddress, Int32($0.count)) }
        case .texts(let texts):
            bind(statement, index, JSONValue.array(texts.map { .string($0) }).serialized())
        case .timestamps(let instants):
            bind(statement, index, JSONValue.array(instants.map { .int(Int($0.microseconds)) }).serialized())
        }
    }

    private func bind(_ statement: OpaquePointer, _ index: Int32, _ text: String) -> Int32 {
        var text = text
        return text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                // An empty string has no address, and without one SQLite would bind NULL.
                pipeline_sqlite3_bind_text(statement, index, $0.baseAddress ?? Self.empty, Int32($0.count))
            }
        }
    }

    /// Only read, so sharing it is safe.
    private nonisolated(unsafe) static let empty: UnsafePointer<CChar> = {
        let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
        byte.pointee = 0
        return UnsafePointer(byte)
    }()

    private func column(_ statement: OpaquePointer, _ index: Int32) -> SQLValue {
        switch sqlite3_column_type(statement, index) {
        case SQLITE_INTEGER: return .int(sqlite3_column_int64(statement, index))
        case SQLITE_TEXT:
            let start = sqlite3_column_text(statement, index)
            let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, index)))
            return .text(String(decoding: bytes, as: UTF8.self))
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(statement, index)
            return .bytes(
                Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, index)))))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, index))
        default: return .null
        }
    }

    private func failure(_ code: Int32, _ statement: String?) -> StoreError {
        SQLiteError.error(handle, code: code, statement: statement, location: location)
    }
}

extension StoreError {
    /// The same error with the place where it came about.
    func at(_ location: String) -> StoreError {
        var error = self
        error.location = error.location ?? location
        return error
    }
}
