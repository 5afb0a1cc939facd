/// Bounds on how long PostgreSQL may keep us waiting.
struct PostgresOptions: Sendable {
    /// Until a server answers to a new connection.
    var connectTimeoutSeconds = 5
    /// Until the server ends a statement by itself.
    var statementTimeoutMilliseconds = 30_000
    /// Until a lock is had; must be shorter than the statement's time.
    var lockTimeoutMilliseconds = 10_000
    /// Until a connection on which nothing arrives counts as lost: longer than any statement may take.
    var silenceTimeoutMilliseconds: Int32 = 40_000
    /// Connections that read; they are opened when first needed.
    var readers = 2
}
