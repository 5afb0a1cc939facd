/// How a SQLite file is opened. The defaults are what the program uses; tests narrow them.
struct SQLiteOptions: Sendable {
    /// How long a statement waits for another process's write.
    var busyTimeoutMilliseconds: Int32 = 5_000
    /// `NORMAL`: a commit survives any crash of the program. `FULL` would wait for the disk at every commit and survive
    /// a power cut too; but a cut also ends every task on this machine, and a store that has lost its last moments is
    /// still consistent: what was running then is run again. Who needs more takes PostgreSQL.
    var synchronous = "NORMAL"
    var isReadOnly = false
    /// Pages the file may have; beyond that the disk counts as full.
    var maximumPages: Int?
}
