/// The state of a task instance. Airflow's fourteenth state, `None` (not yet looked at), is `nil` of `TaskState?`.
/// Source: Airflow 3.3 `utils/state.py`.
package enum TaskState: String, Sendable, Hashable, CaseIterable {
    /// Its dependencies hold; waits for a slot. Becomes queued, or removed.
    case scheduled
    /// Admitted and handed to an executor. Becomes running, or failed or up_for_retry when it cannot be launched.
    case queued
    /// The executor reported its start. Becomes any finished state, up_for_*, deferred, awaiting_input, restarting.
    case running
    /// Finished; final for this try.
    case success
    /// Cleared while queued or running: its process is being ended under the old id; then the try is archived and a new
    /// one is looked at (`nil`).
    case restarting
    /// Finished; final for this try.
    case failed
    /// Failed, and waits for its next try. Becomes scheduled.
    case upForRetry = "up_for_retry"
    /// A sensor that poked and waits for its next poke. Becomes scheduled.
    case upForReschedule = "up_for_reschedule"
    /// Never started, because an upstream failed; final.
    case upstreamFailed = "upstream_failed"
    /// Finished without an effect; final.
    case skipped
    /// Waits for a trigger, holding no slot. Becomes scheduled, or finished.
    case deferred
    /// No longer part of the DAG or of the expansion; final.
    case removed
    /// Waits for a person's answer. Becomes scheduled, or finished.
    case awaitingInput = "awaiting_input"

    /// Finished for good in this try: `success`, `failed`, `skipped`, `upstream_failed` or `removed`.
    package var isFinished: Bool {
        switch self {
        case .success, .failed, .skipped, .upstreamFailed, .removed: true
        default: false
        }
    }

    /// `success` or `skipped`, which let a run succeed.
    package var isSuccessful: Bool { self == .success || self == .skipped }

    /// `failed` or `upstream_failed`, which let a run fail.
    package var isFailed: Bool { self == .failed || self == .upstreamFailed }

    /// An executor holds or is about to hold a process for it.
    package var occupiesExecutor: Bool { self == .queued || self == .running || self == .restarting }
}
