/// Whether the setups above a task that no edge connects to it have succeeded; a failed or skipped setup ends it.
/// Source: Airflow 3.3 `ti_deps/deps/trigger_rule_dep.py` (`_evaluate_setup_constraint`).
struct SetupCheck: DependencyCheck {
    static let name = "Trigger Rule"

    let counts: UpstreamCounts
    let mapIndex: Int
    /// Ids of the setups, asked for only by people.
    var setupIDs: [String] = []

    var verdict: DependencyVerdict {
        if counts.failed > 0 || counts.upstreamFailed > 0 { return .end(.upstreamFailed) }
        if counts.skipped > 0 { return .end(.skipped) }
        if counts.removed > 0, counts.success > 0, mapIndex > -1, mapIndex >= Int(counts.success) {
            return .end(.removed)
        }
        let missing = counts.total - counts.success - (mapIndex > -1 ? counts.removed : 0)
        return missing > 0 ? .wait : .pass
    }

    var reason: String {
        let names = setupIDs.joined(separator: ", ")
        return passed
            ? "All setups of the task have succeeded: \(names)."
            : "All setups of the task must succeed: \(names) (\(counts.summary))."
    }
}
