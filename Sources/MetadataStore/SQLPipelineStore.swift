import PipelineCore
import Synchronization

/// The metadata store over a SQL database. What is the same for both databases stands here once; a dialect is its
/// statements and its driver.
package final class SQLPipelineStore: PipelineStore {
    let database: any SQLDatabase
    let secrets: FernetKeys
    let clock: any WallClock
    /// Bytes of parsed files that are kept; the oldest go first.
    let maximumParsedFileBytes: Int
    /// Whether the schema was found to be the one that the statements are written for.
    private let isSchemaCurrent = Atomic(false)

    init(
        _ database: any SQLDatabase, secrets: FernetKeys, clock: any WallClock, maximumParsedFileBytes: Int = 64 << 20
    ) {
        self.database = database
        self.secrets = secrets
        self.clock = clock
        self.maximumParsedFileBytes = maximumParsedFileBytes
    }

    package var location: String { database.location }
    package func close() async { await database.close() }
}

extension SQLPipelineStore {
    /// No statement runs against a schema that it was not written for.
    func requireSchema() async throws {
        if isSchemaCurrent.load(ordering: .relaxed) { return }
        try await Migrator(database: database).requireCurrent()
        isSchemaCurrent.store(true, ordering: .relaxed)
    }

    func forgetSchema() { isSchemaCurrent.store(false, ordering: .relaxed) }

    /// All rows of a query, decoded.
    func rows<Value: Sendable>(
        _ statement: SQLStatement, _ values: [SQLValue], table: String, keyLength: Int,
        _ decode: @escaping @Sendable (inout RowReader) throws -> Value
    ) async throws -> [Value] {
        try await requireSchema()
        return try await database.read(SQLOperation(statement, rows: [values])) { [location] row in
            var reader = RowReader(table: table, keyLength: keyLength, columns: row.columns, values: row.values)
            do {
                return try decode(&reader)
            } catch let error as StoreError {
                throw error.at(location)
            }
        }
    }

    func rows<Value: Sendable>(
        _ statement: String, _ values: [SQLValue], table: String, keyLength: Int,
        _ decode: @escaping @Sendable (inout RowReader) throws -> Value
    ) async throws -> [Value] {
        try await rows(database.library[statement], values, table: table, keyLength: keyLength, decode)
    }

    /// Runs operations in one transaction and tells how many rows each changed.
    @discardableResult
    func write(_ operations: [SQLOperation], isRepeatable: Bool = true) async throws -> [Int] {
        try await requireSchema()
        return try await database.write(operations, isRepeatable: isRepeatable).map(\.changed)
    }

    /// Runs one statement and tells how many rows it changed. A deletion is not repeated after a lost connection,
    /// because it would then answer that there was nothing to delete.
    @discardableResult
    func write(_ statement: String, _ values: [SQLValue], isRepeatable: Bool = true) async throws -> Int {
        try await write([operation(statement, values)], isRepeatable: isRepeatable)[0]
    }

    func operation(_ statement: String, _ values: [SQLValue]) -> SQLOperation {
        SQLOperation(database.library[statement], rows: [values])
    }

    func missing(_ run: RunKey) -> StoreError { StoreError(.notFound, "there is no run \(run)", location: location) }
}
