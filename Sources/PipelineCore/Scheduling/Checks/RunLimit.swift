/// How many runs may be running beside a run: those of its backfill, or those of its DAG that belong to none.
struct RunLimit {
    let backfillID: Int?
    let running: Int
    let maximum: Int
    /// The backfill is paused.
    let isPaused: Bool

    var hasRoom: Bool { room > 0 }
    /// Runs that may start.
    var room: Int { isPaused ? 0 : max(0, maximum - running) }
    var name: String { backfillID.map { "backfill \($0)" } ?? "the DAG" }
}
