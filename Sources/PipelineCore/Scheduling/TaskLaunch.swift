/// Everything an executor needs to run one launch of one try. Nothing of it is looked up again later.
package struct TaskLaunch: Sendable {
    package var id: LaunchID
    /// The try as committed, in state queued.
    package var instance: TaskInstance
    package var run: DAGRun
    package var dag: DAG
    package var task: TaskDefinition
    /// A failure of this try will be followed by another try.
    package var shouldRetry: Bool
    /// The reason for a resume: `next_method` is set and XComs of the try are kept.
    package var isResume: Bool
    /// Pokes of this try before this launch, for sensors in reschedule mode.
    package var rescheduleCount: Int
    /// For each upstream task in the same mapped group: the map index that belongs to this instance.
    package var upstreamMapIndexes: [String: JSONValue]

    package init(
        id: LaunchID, instance: TaskInstance, run: DAGRun, dag: DAG, task: TaskDefinition, shouldRetry: Bool,
        isResume: Bool, rescheduleCount: Int = 0, upstreamMapIndexes: [String: JSONValue] = [:]
    ) {
        self.id = id
        self.instance = instance
        self.run = run
        self.dag = dag
        self.task = task
        self.shouldRetry = shouldRetry
        self.isResume = isResume
        self.rescheduleCount = rescheduleCount
        self.upstreamMapIndexes = upstreamMapIndexes
    }

    /// Where the try's log goes below the log folder (Airflow's default `log_filename_template`).
    package var logPath: String { LogPath.of(instance) }
}

/// Airflow's `log_filename_template`.
package enum LogPath {
    package static func of(_ instance: TaskInstance) -> String {
        of(instance.key, tryNumber: instance.tryNumber)
    }

    /// The folder of all logs of a run; `nil` for ids that no folder can be named after.
    package static func folder(of run: RunKey) -> String? {
        guard RunID.isValid(run.runID), !run.dagID.contains("/"), !run.dagID.isEmpty else { return nil }
        return "dag_id=\(run.dagID)/run_id=\(run.runID)"
    }

    package static func of(_ key: TaskInstanceKey, tryNumber: Int) -> String {
        let map = key.mapIndex < 0 ? "" : "map_index=\(key.mapIndex)/"
        return "dag_id=\(key.run.dagID)/run_id=\(key.run.runID)/task_id=\(key.taskID)/\(map)attempt=\(tryNumber).log"
    }

    /// Where callbacks about a run as a whole are logged.
    package static func ofCallbacks(_ run: RunKey) -> String { "dag_id=\(run.dagID)/run_id=\(run.runID)/callbacks.log" }
}
