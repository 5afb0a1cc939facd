import PipelineCore
import Synchronization

/// A PostgreSQL database: one connection that writes, and a few that read.
final class PostgresDatabase: SQLDatabase {
    let location: String
    let library = StatementLibrary(files: postgresStatementFiles)
    let migrations: [Migration]
    private let writer: PostgresSession
    private let readers: [PostgresSession]
    private let nextReader = Atomic(0)
    private let committer: GroupCommitter

    /// Connects, so that a server that is not there is found out now.
    /// - Throws: ``StoreError`` `unreachable`
    static func open(
        url: String, options: PostgresOptions = PostgresOptions(), migrations: [Migration] = postgresMigrations
    ) async throws -> PostgresDatabase {
        let database = PostgresDatabase(try PostgresURL(url), options, migrations)
        do {
            try await database.runScript("SELECT 1", name: "connect")
        } catch {
            await database.close()
            throw error
        }
        return database
    }

    private init(_ url: PostgresURL, _ options: PostgresOptions, _ migrations: [Migration]) {
        location = url.location
        self.migrations = migrations
        let writer = PostgresSession(url: url, options: options, isReader: false)
        self.writer = writer
        readers = (0..<options.readers).map { _ in PostgresSession(url: url, options: options, isReader: true) }
        committer = GroupCommitter(thread: writer.thread) { Self.commit($0, on: writer) }
    }

    func read<Value: Sendable>(
        _ operation: SQLOperation, _ decode: @escaping @Sendable (SQLRow) throws -> Value
    ) async throws -> [Value] {
        let turn = nextReader.wrappingAdd(1, ordering: .relaxed).oldValue
        let session = readers[abs(turn % readers.count)]
        return try await session.thread.run {
            try session.perform(isRepeatable: true) { connection in
                var decoded: [Value] = []
                try connection.read(operation) { decoded.append(try decode($0)) }
                return decoded
            }
        }
    }

    func write(_ operations: [SQLOperation], isRepeatable: Bool) async throws -> [SQLResult] {
        try await committer.submit(GroupCommitter.Request(operations: operations, isRepeatable: isRepeatable))
    }

    func runScript(_ text: String, name: String) async throws {
        try await writer.thread.run { [writer] in
            try writer.perform(isRepeatable: false) { try $0.runScript(text, name: name) }
        }
    }

    func close() async {
        await writer.close()
        for reader in readers { await reader.close() }
    }

    /// All requests in one transaction and one round trip; when the server refuses it, each in its own, so that a
    /// request that is refused does not take others with it. When the connection was lost, nobody knows what became
    /// of the transaction, and all callers have to be told.
    private static func commit(
        _ requests: [GroupCommitter.Request], on session: PostgresSession
    ) -> [GroupCommitter.Outcome] {
        if requests.count > 1 {
            do {
                return try commitTogether(requests, on: session)
            } catch let error as StoreError where error.code == .unreachable {
                return requests.map { _ in .failure(error) }
            } catch {
                // Refused as a whole: nothing was done.
            }
        }
        return requests.map { request in
            Result {
                try session.perform(isRepeatable: request.isRepeatable) { try $0.run(request.operations) }
            }
        }
    }

    private static func commitTogether(
        _ requests: [GroupCommitter.Request], on session: PostgresSession
    ) throws -> [GroupCommitter.Outcome] {
        var results = try session.perform(isRepeatable: requests.allSatisfy(\.isRepeatable)) {
            try $0.run(requests.flatMap(\.operations))
        }[...]
        return requests.map { request in
            defer { results = results.dropFirst(request.operations.count) }
            return .success(Array(results.prefix(request.operations.count)))
        }
    }
}
