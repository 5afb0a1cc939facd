import PipelineCore

/// `ExternalTaskSensor` on tasks or a whole DAG. Source: apache-airflow-providers-standard `sensors/external_task.py`.
///
/// `check_existence` has no effect, as in Airflow 3.
struct ExternalTaskSensorOperation: SensorOperation {
    static let operatorClass = "airflow.providers.standard.sensors.external_task.ExternalTaskSensor"
    static let templateFields = ["external_dag_id", "external_task_id", "external_task_ids", "external_task_group_id"]
    static let xcomKeys = ["_link_ExternalDagLink"]

    let settings: SensorSettings
    private let dagID: String
    /// `nil`: the runs of the DAG.
    private let taskIDs: [String]?
    private let allowedStates: [String]
    private let skippedStates: [String]
    private let failedStates: [String]
    private let delta: Double?

    init(_ attributes: NativeAttributes) throws {
        settings = try SensorSettings(attributes)
        dagID = try attributes.requiredString("external_dag_id")
        let several = attributes.strings("external_task_ids") ?? []
        let one = attributes.string("external_task_id").map { [$0] }
        taskIDs = several.isEmpty ? one : several
        let allowed = attributes.strings("allowed_states") ?? []
        allowedStates = allowed.isEmpty ? ["success"] : allowed
        skippedStates = attributes.strings("skipped_states") ?? []
        failedStates = attributes.strings("failed_states") ?? []
        delta = attributes.seconds("execution_delta")
    }

    static func pythonReason(_ attributes: NativeAttributes, _ launch: TaskLaunch) -> String? {
        if attributes.bool("deferrable", default: false) { return "it is deferrable" }
        return attributes["external_task_group_id"].isNull ? nil : "it waits for a task group"
    }

    func links(_ context: NativeContext) async throws -> [(key: String, url: String)] {
        [("_link_ExternalDagLink", AirflowURL.run(dagID, context.launch.run.key.runID, context.setup))]
    }

    func poke(_ context: NativeContext) async throws -> Bool {
        await context.started(nil)
        if let taskIDs, Set(taskIDs).count < taskIDs.count {
            throw NativeFailure(
                .failure, "Duplicate task_ids passed in external_task_ids parameter", exception: "ValueError")
        }
        let run = context.launch.run
        let date = (run.logicalDate ?? run.runAfter) - Duration(fractionalSeconds: delta ?? 0)
        say(date, context)
        if !failedStates.isEmpty, try await share(failedStates, date, context) > 0 { throw failed }
        if !skippedStates.isEmpty, try await share(skippedStates, date, context) > 0 { throw skipped }
        return try await share(allowedStates, date, context) == 1
    }

    private func say(_ date: Timestamp, _ context: NativeContext) {
        if let taskIDs {
            let list = JSONValue.array(taskIDs.map(JSONValue.string)).pythonText
            context.say("Poking for tasks \(list) in dag \(dagID) on \(date.isoFormat) ... ")
        } else {
            context.say("Poking for DAG '\(dagID)' on \(date.isoFormat) ... ")
        }
    }

    /// How many of what is waited for are in one of the states, 1 for all of it.
    private func share(_ states: [String], _ date: Timestamp, _ context: NativeContext) async throws -> Double {
        guard let taskIDs else {
            var filter = RunFilter(dagID: dagID)
            filter.logicalDates = [date]
            filter.states = states.compactMap(RunState.init(rawValue:))
            return Double(try await context.service.countRuns(filter))
        }
        var filter = TaskFilter()
        filter.dagID = dagID
        filter.taskIDs = taskIDs
        filter.logicalDates = [date]
        filter.states = states.compactMap(TaskState.init(rawValue:))
        return Double(try await context.service.taskInstances(filter).count) / Double(taskIDs.count)
    }

    private var failed: NativeFailure {
        let suffix = settings.softFail ? " Skipping due to soft_fail." : ""
        let kind: NativeFailure.Kind = settings.softFail ? .skip : .failure
        guard let taskIDs else {
            return NativeFailure(
                kind, "The external DAG \(dagID) failed.\(suffix)",
                exception: settings.softFail ? nil : "ExternalDagFailedError")
        }
        let list = JSONValue.array(taskIDs.map(JSONValue.string)).pythonText
        return NativeFailure(
            kind, "Some of the external tasks \(list) in DAG \(dagID) failed.\(suffix)",
            exception: settings.softFail ? nil : "ExternalTaskFailedError")
    }

    private var skipped: NativeFailure {
        let what = taskIDs.map { ids in
            "Some of the external tasks \(JSONValue.array(ids.map(JSONValue.string)).pythonText) in DAG \(dagID)"
        }
        return NativeFailure(
            .skip, "\(what ?? "The external DAG \(dagID)") reached a state in our states-to-skip-on list. Skipping.")
    }
}
