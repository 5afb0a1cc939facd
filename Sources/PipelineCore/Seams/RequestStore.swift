/// What other processes ask of the scheduler, whether or not one runs now (decision 0009): kept until the commit that
/// carries a request out also removes it (``StoreChange/finishRequest(_:)``).
package protocol RequestStore: Sendable {
    /// Returns the request's number; numbers grow.
    func addRequest(_ request: SchedulerRequest, at instant: Timestamp) async throws -> Int
    /// Open requests with a number above `number`, in their order.
    func requests(after number: Int) async throws -> [StoredRequest]
}

/// A wish about a run or a backfill.
package enum SchedulerRequest: Sendable, Hashable {
    case clear(ClearRequest)
    case setTaskState(TaskInstanceKey, TaskState)
    /// Ends a run as failed.
    case cancel(RunKey, reason: String)
    /// Gives a backfill up.
    case cancelBackfill(Int)

    /// The run that it is about.
    package var run: RunKey? {
        switch self {
        case .clear(let request): request.run
        case .setTaskState(let key, _): key.run
        case .cancel(let key, _): key
        case .cancelBackfill: nil
        }
    }

    /// What the state machine and the planners are told; a clear on the latest version is told with that version
    /// (``SchedulerEvent/tasksClearedOnVersion(_:_:)``).
    package var event: SchedulerEvent {
        switch self {
        case .clear(let request): .tasksCleared(request)
        case .setTaskState(let key, let state): .taskStateSet(key, state)
        case .cancel(let key, let reason): .runCancelled(key, reason: reason)
        case .cancelBackfill(let id): .backfillCancelled(id)
        }
    }
}

/// A request as the store keeps it.
package struct StoredRequest: Sendable, Hashable {
    package var number: Int
    /// `nil`: written by another version of the program, which alone understands it.
    package var request: SchedulerRequest?

    package init(number: Int, request: SchedulerRequest?) {
        self.number = number
        self.request = request
    }
}

// MARK: - As JSON

extension SchedulerRequest {
    package var json: JSONValue {
        switch self {
        case .clear(let request): Self.object("clear", request.run, request.members)
        case .setTaskState(let key, let state):
            Self.object("set_task_state", key.run, [
                "task_id": .string(key.taskID), "map_index": .int(key.mapIndex), "state": .string(state.rawValue),
            ])
        case .cancel(let run, let reason): Self.object("cancel", run, ["reason": .string(reason)])
        case .cancelBackfill(let id): ["kind": "cancel_backfill", "backfill_id": .int(id)]
        }
    }

    private static func object(_ kind: String, _ run: RunKey, _ members: JSONObject) -> JSONValue {
        var object: JSONObject = ["kind": .string(kind), "dag_id": .string(run.dagID), "run_id": .string(run.runID)]
        for (key, value) in members { object[key] = value }
        return .object(object)
    }

    /// `nil` for JSON that is no request of this version.
    package init?(json: JSONValue) {
        if json["kind"] == "cancel_backfill", let id = json["backfill_id"]?.intValue {
            self = .cancelBackfill(id)
            return
        }
        guard let dagID = json["dag_id"]?.stringValue, let runID = json["run_id"]?.stringValue else { return nil }
        let run = RunKey(dagID: dagID, runID: runID)
        switch json["kind"]?.stringValue {
        case "clear": self = .clear(ClearRequest(run: run, json: json))
        case "cancel": self = .cancel(run, reason: json["reason"]?.stringValue ?? "cancelled")
        case "set_task_state":
            guard let taskID = json["task_id"]?.stringValue, let mapIndex = json["map_index"]?.intValue,
                let state = json["state"]?.stringValue.flatMap(TaskState.init(rawValue:))
            else { return nil }
            self = .setTaskState(TaskInstanceKey(run: run, taskID: taskID, mapIndex: mapIndex), state)
        default: return nil
        }
    }
}

extension ClearRequest {
    fileprivate var members: JSONObject {
        [
            "task_ids": taskIDs.map { .array($0.map { .string($0) }) } ?? .null,
            "map_indexes": mapIndexes.map { .array($0.map { .int($0) }) } ?? .null,
            "include_upstream": .bool(includeUpstream), "include_downstream": .bool(includeDownstream),
            "only_failed": .bool(onlyFailed), "only_running": .bool(onlyRunning),
            "run_on_latest_version": .bool(runOnLatestVersion),
        ]
    }

    fileprivate init(run: RunKey, json: JSONValue) {
        self.init(
            run: run, taskIDs: json["task_ids"]?.arrayValue?.compactMap(\.stringValue),
            mapIndexes: json["map_indexes"]?.arrayValue?.compactMap(\.intValue),
            includeUpstream: json["include_upstream"] == true, includeDownstream: json["include_downstream"] == true,
            onlyFailed: json["only_failed"] == true, onlyRunning: json["only_running"] == true,
            runOnLatestVersion: json["run_on_latest_version"] == true)
    }
}
