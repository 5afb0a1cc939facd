/// Whether a finished branch above the task chose not to follow it. This keeps a cleared task skipped.
/// Source: Airflow 3.3 `ti_deps/deps/not_previously_skipped_dep.py`.
struct NotPreviouslySkippedCheck: DependencyCheck {
    static let name = "Not Previously Skipped"

    /// The branch that skips the task.
    let skipper: String?

    var verdict: DependencyVerdict { skipper == nil ? .pass : .end(.skipped) }

    var reason: String {
        skipper.map { "The upstream task '\($0)' decided to skip this task." } ?? "No upstream task decided to skip this task."
    }
}
