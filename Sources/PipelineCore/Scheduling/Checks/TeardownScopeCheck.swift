/// Whether all tasks between a teardown and its setups are done.
/// Source: Airflow 3.3 `ti_deps/deps/trigger_rule_dep.py` (`_evaluate_teardown_scope`).
struct TeardownScopeCheck: DependencyCheck {
    static let name = "Trigger Rule"

    let counts: UpstreamCounts

    var verdict: DependencyVerdict { counts.done < counts.total ? .wait : .pass }

    var reason: String {
        passed
            ? "All tasks between the setups and this teardown are done."
            : "The teardown waits for \(counts.total - counts.done) task instance(s) between its setups and itself."
    }
}
