/// Whether a task that is up for retry has waited long enough.
/// Source: Airflow 3.3 `ti_deps/deps/not_in_retry_period_dep.py`.
struct RetryPeriodCheck: DependencyCheck {
    static let name = "Not In Retry Period"

    let state: TaskState?
    let nextLookAt: Timestamp?
    let now: Timestamp

    private var due: Timestamp? { state == .upForRetry ? nextLookAt.flatMap { $0 > now ? $0 : nil } : nil }

    var verdict: DependencyVerdict { due == nil ? .pass : .wait }
    var until: Timestamp? { due }

    var reason: String {
        guard state == .upForRetry else { return "The task is not up for retry." }
        return due.map { "The task will be tried again at \($0)." } ?? "The task's retry is due."
    }
}
