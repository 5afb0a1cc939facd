/// How a SQLite file is opened. The defaults are what the program uses; tests narrow them.
struct SQLiteOptions: Sendable {
    /// How long a statement waits for another process's write.
    var busyTimeoutMilliseconds: Int32 = 5_000
    /// `FULL` waits for the disk at every commit: a commit survives a power cut. `NORMAL` would only survive a crash.
    var synchronous = "FULL"
    var isReadOnly = false
    /// Pages the file may have; beyond that the disk counts as full.
    var maximumPages: Int?
}
