package import PipelineCore

extension TaskLaunch {
    /// A launch of a task that is a pod; the same arguments make the same launch.
    package static func sample(
        _ taskID: String = "train", dagID: String = "cifar", tryNumber: Int = 1, number: Int = 1, mapIndex: Int = -1,
        runID: String = "manual__2026-01-01T00:00:00+00:00"
    ) -> TaskLaunch {
        var builder = DAGBuilder(dagID)
        builder.task(taskID) { $0.operatorName = "KubernetesPodOperator" }
        let run = RunKey(dagID: dagID, runID: runID)
        var instance = TaskInstance(
            id: UUID7(high: UInt64(taskID.utf8.reduce(7) { $0 &* 31 &+ Int($1) }.magnitude), low: UInt64(tryNumber)),
            key: TaskInstanceKey(run: run, taskID: taskID, mapIndex: mapIndex))
        instance.tryNumber = tryNumber
        instance.launchNumber = number
        guard let dag = try? builder.build(), let task = dag[taskID] else { preconditionFailure("a DAG of one task") }
        return TaskLaunch(
            id: LaunchID(tryID: instance.id, number: number), instance: instance,
            run: DAGRun(key: run, type: .manual, runAfter: Timestamp(seconds: 0), triggeredBy: .cli), dag: dag, task: task,
            shouldRetry: false, isResume: false)
    }
}
