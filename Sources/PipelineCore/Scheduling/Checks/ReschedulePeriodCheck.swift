/// Whether a sensor in reschedule mode has waited long enough for its next poke.
/// Source: Airflow 3.3 `ti_deps/deps/ready_to_reschedule.py`.
struct ReschedulePeriodCheck: DependencyCheck {
    static let name = "Ready To Reschedule"

    let state: TaskState?
    let nextLookAt: Timestamp?
    let now: Timestamp

    private var due: Timestamp? { state == .upForReschedule ? nextLookAt.flatMap { $0 > now ? $0 : nil } : nil }

    var verdict: DependencyVerdict { due == nil ? .pass : .wait }
    var until: Timestamp? { due }

    var reason: String {
        guard state == .upForReschedule else { return "The task does not wait for a later poke." }
        return due.map { "The task will poke again at \($0)." } ?? "The task's next poke is due."
    }
}
