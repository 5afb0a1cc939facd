import CLibPQ
import Glibc
import PipelineCore

/// A connection to a PostgreSQL server with its prepared statements. Everything is sent in pipeline mode: one round
/// trip, whatever the number of statements.
///
/// `@unchecked Sendable`: made and used by jobs of one ``WorkerThread`` only.
final class PostgresConnection: @unchecked Sendable {
    private let handle: OpaquePointer
    private let location: String
    private let options: PostgresOptions
    private var prepared: [String: PostgresStatement] = [:]
    /// Names on the server are never used again: a failed exchange may have left one there.
    private var namesGiven = 0

    /// - Throws: ``StoreError`` `unreachable` within the time limit for connecting.
    init(url: PostgresURL, options: PostgresOptions, isReader: Bool) throws {
        location = url.location
        self.options = options
        // A later setting overrides an earlier one: the URL may have a connect_timeout of its own.
        let settings = [
            ("connect_timeout", String(options.connectTimeoutSeconds)), ("fallback_application_name", "pipeline"),
            ("dbname", url.text), ("client_encoding", "UTF8"),
        ]
        let opened = Self.connect(settings)
        guard let opened, PQstatus(opened) == CONNECTION_OK else {
            defer { PQfinish(opened) }
            let failure = PostgresError.lost(opened, location: url.location)
            throw StoreError(
                .unreachable, "\(failure.message); is the server running, and are host, port and user right?",
                location: url.location)
        }
        handle = opened
        do {
            try configure(isReader: isReader)
        } catch {
            PQfinish(handle)
            throw error
        }
    }

    private static func connect(_ settings: [(String, String)]) -> OpaquePointer? {
        let keywords = settings.map { strdup($0.0) } + [nil]
        let values = settings.map { strdup($0.1) } + [nil]
        defer { for text in keywords + values { free(text) } }
        return PQconnectdbParams(keywords.map { UnsafePointer($0) }, values.map { UnsafePointer($0) }, 1)
    }

    private func configure(isReader: Bool) throws {
        // Notices ("table does not exist, skipping") would go to stderr.
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        try runScript(
            """
            SET statement_timeout = \(options.statementTimeoutMilliseconds);
            SET lock_timeout = \(options.lockTimeoutMilliseconds);
            SET TIME ZONE 'UTC';
            \(isReader ? "SET default_transaction_read_only = on" : "");
            """)
        guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else { throw lost() }
    }

    /// Nothing may be called afterwards.
    func close() { PQfinish(handle) }

    var isAlive: Bool { PQstatus(handle) == CONNECTION_OK }

    /// Runs a script in one transaction, outside of pipeline mode.
    func runScript(_ text: String, name: String? = nil) throws {
        let wasPipeline = PQpipelineStatus(handle) != PQ_PIPELINE_OFF
        if wasPipeline {
            guard PQexitPipelineMode(handle) == 1, PQsetnonblocking(handle, 0) == 0 else { throw lost() }
        }
        guard let result = PQexec(handle, text) else { throw lost() }
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        if wasPipeline, isAlive { _ = PQsetnonblocking(handle, 1) == 0 && PQenterPipelineMode(handle) == 1 }
        guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK else {
            throw isAlive ? PostgresError.error(result, statement: name, location: location) : lost()
        }
    }

    /// Runs the operations in one transaction and one round trip (two, when statements have to be prepared).
    func run(_ operations: [SQLOperation]) throws -> [SQLResult] {
        let exchange = try sent(operations)
        let answers = try exchange.finish()
        var next = 0
        return operations.map { operation in
            let count = operation.rows.isEmpty ? 0 : operation.statement.isBatch ? 1 : operation.rows.count
            defer { next += count }
            return answers[next..<next + count].reduce(into: SQLResult()) { sum, answer in
                sum.rows += answer.rows
                sum.changed += answer.changed
            }
        }
    }

    /// Hands each row that the operation gives to `receive`. When that throws, the rest is read and dropped, so that the
    /// connection can go on.
    func read(_ operation: SQLOperation, receive: (SQLRow) throws -> Void) throws {
        let exchange = try sent([operation])
        try exchange.finish(receive: receive)
    }

    private func sent(_ operations: [SQLOperation]) throws -> PostgresExchange {
        try prepare(operations.map(\.statement))
        var exchange = PostgresExchange(handle, location: location, options: options)
        for operation in operations where !operation.rows.isEmpty {
            let statement = prepared[operation.statement.name]!
            if operation.statement.isBatch {
                try exchange.send(statement, Self.columns(operation, statement), operation)
            } else {
                for row in operation.rows { try exchange.send(statement, Self.encoded(row, statement), operation) }
            }
        }
        return exchange
    }

    private static func encoded(_ row: [SQLValue], _ statement: PostgresStatement) -> [[UInt8]?] {
        precondition(row.count == statement.parameterTypes.count, "\(statement.serverName) takes other parameters")
        return zip(row, statement.parameterTypes).map { PostgresFormat.encode($0, as: $1) }
    }

    /// One array for each column of the rows.
    private static func columns(_ operation: SQLOperation, _ statement: PostgresStatement) -> [[UInt8]?] {
        let rows = Array(operation.rows)
        return statement.parameterTypes.enumerated().map { index, type in
            PostgresFormat.array(rows.map { $0[index] }, of: PostgresFormat.TypeID.elements[type]!)
        }
    }

    /// Prepares what is not yet prepared, in one round trip, and asks for the types of the parameters.
    private func prepare(_ statements: [SQLStatement]) throws {
        var new: [SQLStatement] = []
        for statement in statements where prepared[statement.name] == nil && !new.contains(statement) {
            new.append(statement)
        }
        guard !new.isEmpty else { return }
        let names = new.indices.map { "s\(namesGiven + $0)" }
        namesGiven += new.count
        var exchange = PostgresExchange(handle, location: location, options: options)
        for (statement, name) in zip(new, names) { try exchange.prepare(statement, name) }
        let types = try exchange.finish().map(\.parameterTypes)
        for (index, statement) in new.enumerated() {
            prepared[statement.name] = PostgresStatement(
                serverName: names[index], parameterTypes: types[2 * index + 1])
        }
    }

    private func lost() -> StoreError { PostgresError.lost(handle, location: location) }
}
