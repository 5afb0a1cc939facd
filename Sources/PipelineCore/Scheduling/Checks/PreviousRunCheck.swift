/// Whether the task (and, with `wait_for_downstream`, what follows it) succeeded in the run before.
/// Source: Airflow 3.3 `ti_deps/deps/prev_dagrun_dep.py`.
struct PreviousRunCheck: DependencyCheck {
    static let name = "Previous Dagrun State"

    /// Instances of one task in the run before.
    struct Past: Hashable {
        var total: Int
        /// Those that are not success or skipped.
        var unsuccessful: Int
    }

    let dependsOnPast: Bool
    let ignoresFirst: Bool
    /// The run before; `nil` where there is none, or where the task was not active then.
    let previousRun: RunKey?
    let own: Past
    /// Unsuccessful instances downstream of the task in the run before; 0 unless the task waits for them.
    let unsuccessfulDownstream: Int

    var verdict: DependencyVerdict {
        guard dependsOnPast, previousRun != nil else { return .pass }
        if own.total == 0 { return ignoresFirst ? .pass : .wait }
        return own.unsuccessful > 0 || unsuccessfulDownstream > 0 ? .wait : .pass
    }

    var reason: String {
        guard dependsOnPast else { return "The task does not depend on the past." }
        guard let previousRun else { return "This is the first run of the task." }
        if own.total == 0 {
            return ignoresFirst
                ? "The task was not part of the run before, \(previousRun.runID)."
                : "The task has no instance in the run before, \(previousRun.runID)."
        }
        if own.unsuccessful > 0 {
            return "\(own.unsuccessful) instance(s) of the task are not successful in the run before, \(previousRun.runID)."
        }
        return unsuccessfulDownstream > 0
            ? "\(unsuccessfulDownstream) instance(s) downstream of the task are not successful in the run before, \(previousRun.runID)."
            : "The task was successful in the run before, \(previousRun.runID)."
    }
}
