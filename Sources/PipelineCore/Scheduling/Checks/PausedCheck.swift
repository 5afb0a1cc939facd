/// Whether the DAG is paused. Source: Airflow 3.3 `ti_deps/deps/dag_unpaused_dep.py`.
struct PausedCheck: DependencyCheck {
    static let name = "Dag Not Paused"

    let dagID: String
    let isPaused: Bool

    var verdict: DependencyVerdict { isPaused ? .wait : .pass }
    var reason: String { "The DAG '\(dagID)' is \(isPaused ? "" : "not ")paused." }
}
