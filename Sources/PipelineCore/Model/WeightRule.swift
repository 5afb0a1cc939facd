/// How a task's effective priority follows from its `priority_weight`. Source: Airflow 3.3 `task/priority_strategy.py`.
package enum WeightRule: Sendable, Hashable {
    /// Own weight plus that of all transitive downstream tasks (the default).
    case downstream
    /// Own weight plus that of all transitive upstream tasks.
    case upstream
    /// Own weight alone.
    case absolute
    /// A custom strategy, evaluated once at reading time; the weight it gave.
    case custom(path: String, weight: Int)
}
