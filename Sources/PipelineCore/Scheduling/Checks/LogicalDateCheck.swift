/// Whether the run's logical date has come. Source: Airflow 3.3 `ti_deps/deps/runnable_exec_date_dep.py`.
struct LogicalDateCheck: DependencyCheck {
    static let name = "Logical Date"

    let logicalDate: Timestamp?
    let now: Timestamp

    private var due: Timestamp? { logicalDate.flatMap { $0 > now ? $0 : nil } }

    var verdict: DependencyVerdict { due == nil ? .pass : .wait }
    var until: Timestamp? { due }

    var reason: String {
        due.map { "The logical date \($0) is in the future." } ?? "The logical date is not in the future."
    }
}
