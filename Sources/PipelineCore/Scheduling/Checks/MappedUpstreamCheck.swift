/// Whether the tasks whose results decide how often a task is mapped have succeeded, as far as they are finished.
/// Source: Airflow 3.3 `ti_deps/deps/mapped_task_upstream_dep.py`.
struct MappedUpstreamCheck: DependencyCheck {
    static let name = "Mapped dependencies have succeeded"

    /// Finished instances without map index of the tasks that are mapped over.
    let counts: UpstreamCounts

    var verdict: DependencyVerdict {
        if counts.done == counts.success { return .pass }
        if counts.failed > 0 || counts.upstreamFailed > 0 { return .end(.upstreamFailed) }
        return counts.skipped > 0 ? .end(.skipped) : .wait
    }

    var reason: String {
        passed
            ? "No task that this one is mapped over has failed or was skipped."
            : "A task that this one is mapped over has not succeeded (\(counts.summary))."
    }
}
