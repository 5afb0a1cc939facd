/// What a trigger had to say to the task that waits for it.
/// Source: Airflow 3.3 `triggers/base.py`, `models/trigger.py` (`handle_event_submit`, `submit_failure`).
package enum TriggerOutcome: Sendable, Hashable {
    /// The task goes on; `payload` (serde JSON) becomes `next_kwargs["event"]`.
    case event(JSONValue)
    /// The task ends as successful without being resumed (`TaskSuccessEvent`).
    case taskSucceeded
    /// The try ends as failed without being resumed; another one may follow (`TaskFailedEvent`).
    case taskFailed
    /// The task ends as skipped without being resumed (`TaskSkippedEvent`).
    case taskSkipped
    /// The trigger could not be made, raised, or ended without an event: the task is resumed to fail, so that its own
    /// failure handling runs. `traceback` holds Python's lines.
    case failed(traceback: [String]?)
}
