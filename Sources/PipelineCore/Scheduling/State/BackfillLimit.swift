/// What the machine has to know of a backfill.
struct BackfillLimit {
    var dagID: String
    var maxActiveRuns: Int
    var isPaused: Bool
}
