/// Whether one more instance of the task may be active, in the DAG and in the run.
/// Source: Airflow 3.3 `ti_deps/deps/task_concurrency_dep.py`.
struct TaskConcurrencyCheck: DependencyCheck {
    static let name = "Task Concurrency"

    let activeInDAG: Int
    let maximumInDAG: Int?
    let activeInRun: Int
    let maximumInRun: Int?

    private var isDAGFull: Bool { maximumInDAG.map { activeInDAG >= $0 } ?? false }
    private var isRunFull: Bool { maximumInRun.map { activeInRun >= $0 } ?? false }

    var verdict: DependencyVerdict { isDAGFull || isRunFull ? .wait : .pass }

    var reason: String {
        var parts: [String] = []
        if let maximumInDAG { parts.append("\(activeInDAG) of at most \(maximumInDAG) in the DAG (max_active_tis_per_dag)") }
        if let maximumInRun { parts.append("\(activeInRun) of at most \(maximumInRun) in the run (max_active_tis_per_dagrun)") }
        return parts.isEmpty
            ? "The task has no limit of its own." : "Active instances of the task: \(parts.joined(separator: ", "))."
    }
}
