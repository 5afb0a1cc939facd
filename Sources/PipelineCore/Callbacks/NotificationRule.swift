/// What a target of the settings is to be told of. Its address and its secret are no part of this: they are looked up when
/// a message is sent, so that neither is stored or shown.
package struct NotificationRule: Sendable, Hashable {
    package enum Event: String, Sendable, Hashable, CaseIterable {
        /// A run has ended so.
        case success, failure
        /// A task has failed for good.
        case taskFailure = "task_failure"
        /// A deadline alert of the DAG was missed.
        case deadline
        /// A run has not ended within ``NotificationRule/longRunningAfter``.
        case longRunning = "long_running"
    }

    /// Stands for the target.
    package var target: String
    package var events: Set<Event>
    /// Empty: all.
    package var dagIDs: [String]
    /// Since the run was queued; `nil` unless ``events`` has `longRunning`.
    package var longRunningAfter: Duration?

    package init(target: String, events: Set<Event>, dagIDs: [String] = [], longRunningAfter: Duration? = nil) {
        self.target = target
        self.events = events
        self.dagIDs = dagIDs
        self.longRunningAfter = longRunningAfter
    }

    package func wants(_ event: Event, of dagID: String) -> Bool {
        events.contains(event) && (dagIDs.isEmpty || dagIDs.contains(dagID))
    }

    /// The message, as docs/scheduler.md describes it. What does not apply is null.
    static func body(
        _ event: Event, _ run: DAGRun, task: TaskInstance? = nil, deadline: Deadline? = nil, id: UUID7, at now: Timestamp
    ) -> JSONObject {
        func date(_ instant: Timestamp?) -> JSONValue { instant.map { .string($0.isoFormat) } ?? .null }
        return [
            "id": .string(id.description), "event": .string(event.rawValue), "timestamp": date(now),
            "dag_id": .string(run.key.dagID), "run_id": .string(run.key.runID), "state": .string(run.state.rawValue),
            "reason": (task?.reason ?? run.reason).map(JSONValue.string) ?? .null,
            "logical_date": date(run.logicalDate), "run_after": date(run.runAfter), "start_date": date(run.startDate),
            "end_date": date(run.endDate), "task_id": task.map { .string($0.taskID) } ?? .null,
            "map_index": task.map { .int($0.mapIndex) } ?? .null, "try_number": task.map { .int($0.tryNumber) } ?? .null,
            "deadline_name": deadline?.name.map(JSONValue.string) ?? .null, "deadline_time": date(deadline?.time),
        ]
    }
}
