import PipelineCore

/// A connection on a thread of its own that is made again when it was lost.
final class PostgresSession: Sendable {
    let thread = WorkerThread()
    private let url: PostgresURL
    private let options: PostgresOptions
    private let isReader: Bool
    private let current = Current()

    /// Only touched by jobs of `thread`.
    private final class Current: @unchecked Sendable {
        var connection: PostgresConnection?
    }

    init(url: PostgresURL, options: PostgresOptions, isReader: Bool) {
        self.url = url
        self.options = options
        self.isReader = isReader
    }

    /// Runs `body` on a living connection; called on `thread`. When the connection turns out to be lost, `body` runs
    /// once more on a new one if it may be repeated.
    func perform<Value>(isRepeatable: Bool, _ body: (PostgresConnection) throws -> Value) throws -> Value {
        let (connection, isFresh) = try connection()
        do {
            return try body(connection)
        } catch let error as StoreError where error.code == .unreachable {
            drop()
            guard isRepeatable, !isFresh else { throw error }
            return try body(try self.connection().connection)
        }
    }

    private func connection() throws -> (connection: PostgresConnection, isFresh: Bool) {
        if let connection = current.connection, connection.isAlive { return (connection, false) }
        drop()
        let made = try PostgresConnection(url: url, options: options, isReader: isReader)
        current.connection = made
        return (made, true)
    }

    private func drop() {
        current.connection?.close()
        current.connection = nil
    }

    func close() async {
        try? await thread.run { [self] in drop() }
        thread.stop()
    }
}
