import PipelineCore

/// A statement with the values of one or more executions.
struct SQLOperation: Sendable {
    var statement: SQLStatement
    /// One execution each, in order.
    var rows: SQLRows
    /// When set, an execution without a row (or, in PostgreSQL, with SQLSTATE `PL001`) ends the transaction with it.
    var requirement: StoreError?

    init(_ statement: SQLStatement, rows: [[SQLValue]], requirement: StoreError? = nil) {
        self.init(statement, rows: SQLRows(rows), requirement: requirement)
    }

    init(_ statement: SQLStatement, rows: SQLRows, requirement: StoreError? = nil) {
        self.statement = statement
        self.rows = rows
        self.requirement = requirement
    }
}

/// What an operation gave: its rows, and how many rows it changed.
struct SQLResult: Sendable {
    var rows: [[SQLValue]] = []
    var changed = 0
}

/// One row of a result.
struct SQLRow {
    var columns: [String]
    var values: [SQLValue]
}

/// What ``SQLPipelineStore`` needs of a database.
protocol SQLDatabase: Sendable {
    /// Where it is, without secrets.
    var location: String { get }
    var library: StatementLibrary { get }
    var migrations: [Migration] { get }

    /// Runs one statement that changes nothing; sees everything that was written before it was called. Rows are decoded
    /// one by one as they come: thousands of them as ``SQLValue`` would weigh several times what they mean.
    func read<Value: Sendable>(
        _ operation: SQLOperation, _ decode: @escaping @Sendable (SQLRow) throws -> Value
    ) async throws -> [Value]
    /// Runs all operations in one transaction; one result each. Concurrent calls may share a transaction, but never
    /// a failure. `isRepeatable`: running it twice does no harm, so it may be repeated after a lost connection.
    func write(_ operations: [SQLOperation], isRepeatable: Bool) async throws -> [SQLResult]
    /// Runs a script of several statements without parameters in one transaction.
    func runScript(_ text: String, name: String) async throws
    func close() async
}
