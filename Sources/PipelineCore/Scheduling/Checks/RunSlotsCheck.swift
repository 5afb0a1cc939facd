/// Whether the run may have one more task at once (`max_active_tasks`, which Airflow 3 counts by run).
/// Source: Airflow 3.3 `jobs/scheduler_job_runner.py`, `ti_deps/deps/dag_ti_slots_available_dep.py`.
struct RunSlotsCheck: DependencyCheck {
    static let name = "Task Instance Slots Available"

    let active: Int
    let maximum: Int

    var verdict: DependencyVerdict { active < maximum ? .pass : .wait }
    var reason: String { "\(active) of at most \(maximum) task(s) of the run are queued or running (max_active_tasks)." }
}
