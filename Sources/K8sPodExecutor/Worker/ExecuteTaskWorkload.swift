package import PipelineCore

/// What Airflow's worker is told to do, as its executors write it.
/// Source: Airflow 3.3 `executors/workloads/task.py` (`ExecuteTask`), `executors/workloads/base.py`.
package struct ExecuteTaskWorkload: Sendable, Hashable {
    package var token: String
    /// The DAG file below the bundle.
    package var dagPath: String
    package var bundleName: String
    package var bundleVersion: String?
    package var logPath: String
    package var instance: TaskInstance
    package var dagVersionID: UUID7
    /// What a trace goes on from (W3C Trace Context); `nil`: none.
    package var contextCarrier: JSONValue?

    /// - Parameter token: empty in a pod that is only shown.
    package init(_ launch: TaskLaunch, bundleName: String, token: String = "") {
        self.token = token
        dagPath = launch.dag.header.relativeFileLocation
        self.bundleName = bundleName
        bundleVersion = launch.run.bundleVersion
        logPath = launch.logPath
        instance = launch.instance
        // A worker takes no task without one; a run outside the store has none.
        dagVersionID = launch.instance.dagVersionID ?? launch.run.dagVersionID ?? UUID7(high: 0, low: 0)
    }

    package var json: JSONValue {
        [
            "token": .string(token), "dag_rel_path": .string(dagPath),
            "bundle_info": ["name": .string(bundleName), "version": bundleVersion.map(JSONValue.string) ?? .null],
            "log_path": .string(logPath), "ti": taskInstance, "sentry_integration": "", "type": "ExecuteTask",
        ]
    }

    private var taskInstance: JSONValue {
        [
            "id": .string(instance.id.description), "task_id": .string(instance.taskID),
            "dag_id": .string(instance.key.run.dagID), "run_id": .string(instance.key.run.runID),
            "try_number": .int(instance.tryNumber), "dag_version_id": .string(dagVersionID.description),
            "map_index": .int(instance.mapIndex),
            "hostname": instance.hostname.isEmpty ? .null : .string(instance.hostname),
            "context_carrier": contextCarrier ?? .null, "queue": .string(instance.queue),
            "pool_slots": .int(instance.poolSlots), "priority_weight": .int(instance.priorityWeight),
        ]
    }

    /// The argument of `--json-string`.
    package var text: String { json.serialized() }

    func with(token: String) -> ExecuteTaskWorkload {
        var result = self
        result.token = token
        return result
    }
}
