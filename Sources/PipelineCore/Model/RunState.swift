/// The state of a DAG run. Source: Airflow 3.3 `utils/state.py`.
package enum RunState: String, Sendable, Hashable, CaseIterable {
    /// Created; waits for `max_active_runs`. Becomes running.
    case queued
    /// Its tasks are being scheduled. Becomes success or failed.
    case running
    /// All leaves ended in success or skipped. Becomes queued when cleared.
    case success
    /// A leaf failed, the run timed out or was cancelled. Becomes queued when cleared.
    case failed

    package var isFinished: Bool { self == .success || self == .failed }
}
