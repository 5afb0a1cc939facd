import PipelineCore
import Synchronization

/// A SQLite file: one connection that writes and one that reads, each on a thread of its own. In WAL mode a reader
/// does not wait for the writer, and sees every commit that was answered before it began.
final class SQLiteDatabase: SQLDatabase {
    let location: String
    let library = StatementLibrary(files: sqliteStatementFiles)
    let migrations: [Migration]
    private let path: String
    private let options: SQLiteOptions
    private let writerThread: WorkerThread
    private let readerThread: WorkerThread
    private let writer: SQLiteConnection
    private let committer: GroupCommitter
    /// Only used on `readerThread`, where it is opened with the first read.
    private let reader = Mutex<SQLiteConnection?>(nil)

    /// Opens the file, which is made when it is missing.
    /// - Throws: ``StoreError``
    static func open(
        path: String, options: SQLiteOptions = SQLiteOptions(), migrations: [Migration] = sqliteMigrations
    ) async throws -> SQLiteDatabase {
        let thread = WorkerThread()
        do {
            let writer = try await thread.run { try SQLiteConnection(path: path, options: options) }
            return SQLiteDatabase(path, options, migrations, thread, writer)
        } catch {
            thread.stop()
            throw error
        }
    }

    private init(
        _ path: String, _ options: SQLiteOptions, _ migrations: [Migration], _ thread: WorkerThread,
        _ writer: SQLiteConnection
    ) {
        self.path = path
        self.options = options
        self.migrations = migrations
        self.writer = writer
        location = "sqlite://\(path)"
        writerThread = thread
        readerThread = WorkerThread()
        committer = GroupCommitter(thread: thread) { SQLiteTransaction.commit($0, on: writer) }
    }

    func read<Value: Sendable>(
        _ operation: SQLOperation, _ decode: @escaping @Sendable (SQLRow) throws -> Value
    ) async throws -> [Value] {
        try await readerThread.run { [self] in
            let connection = try reader.withLock { opened in
                if opened == nil { opened = try SQLiteConnection(path: path, options: options) }
                return opened!
            }
            var decoded: [Value] = []
            _ = try connection.run(operation) { decoded.append(try decode($0)) }
            return decoded
        }
    }

    /// `isRepeatable` does not matter: a file has no connection to lose.
    func write(_ operations: [SQLOperation], isRepeatable: Bool) async throws -> [SQLResult] {
        try await committer.submit(GroupCommitter.Request(operations: operations, isRepeatable: isRepeatable))
    }

    func runScript(_ text: String, name: String) async throws {
        try await writerThread.run { [writer] in
            try SQLiteTransaction.perform(on: writer) { try writer.runScript(text, name: name) }
        }
    }

    func close() async {
        try? await readerThread.run { [self] in reader.withLock { $0?.close() } }
        try? await writerThread.run { [writer] in writer.close() }
        readerThread.stop()
        writerThread.stop()
    }
}

/// Transactions on a connection.
enum SQLiteTransaction {
    /// Runs `body` in a transaction: all of it or nothing.
    static func perform<Value>(on connection: SQLiteConnection, _ body: () throws -> Value) throws -> Value {
        try connection.runScript("BEGIN IMMEDIATE")
        do {
            let value = try body()
            try connection.runScript("COMMIT")
            return value
        } catch {
            if connection.isInTransaction { try connection.runScript("ROLLBACK") }
            throw error
        }
    }

    /// Runs all requests in one transaction. A request that fails takes only its own changes back, unless SQLite
    /// ended the transaction (a full disk, an I/O error); then all have failed.
    static func commit(
        _ requests: [GroupCommitter.Request], on connection: SQLiteConnection
    ) -> [GroupCommitter.Outcome] {
        do {
            return try perform(on: connection) {
                if requests.count == 1 { return [.success(try run(requests[0], on: connection))] }
                return try requests.map { try runApart($0, on: connection) }
            }
        } catch {
            return requests.map { _ in .failure(error) }
        }
    }

    private static func run(
        _ request: GroupCommitter.Request, on connection: SQLiteConnection
    ) throws -> [SQLResult] {
        try request.operations.map { try connection.run($0) }
    }

    private static func runApart(
        _ request: GroupCommitter.Request, on connection: SQLiteConnection
    ) throws -> GroupCommitter.Outcome {
        try connection.runScript("SAVEPOINT request")
        do {
            let results = try run(request, on: connection)
            try connection.runScript("RELEASE request")
            return .success(results)
        } catch {
            guard connection.isInTransaction else { throw error }
            try connection.runScript("ROLLBACK TO request; RELEASE request")
            return .failure(error)
        }
    }
}
