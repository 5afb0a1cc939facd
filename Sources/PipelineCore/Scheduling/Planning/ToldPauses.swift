/// What was last said of each DAG: whether it is paused. It outdoes what a schedule says, which was read from the store at an
/// earlier moment than the one at which it comes in.
struct ToldPauses: Sendable {
    private var told: [String: Bool] = [:]

    mutating func note(_ dagID: String, _ isPaused: Bool) { told[dagID] = isPaused }

    func isPaused(_ schedule: DAGSchedule) -> Bool { told[schedule.dagID] ?? schedule.isPaused }
}
