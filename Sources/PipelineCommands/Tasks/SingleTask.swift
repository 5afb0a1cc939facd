import ArgumentParser
import LocalExecutor
import PipelineCore
import PythonHost

/// One launch of one task outside of any schedule.
struct SingleTask {
    let engine: RunEngine
    let task: TaskDefinition
    let mapIndex: Int

    /// - Throws: ``CommandFailure`` naming the nearest task.
    static func task(_ id: String, of dag: DAG) throws -> TaskDefinition {
        if let task = dag[id] { return task }
        let near = Suggestion.nearest(to: id, among: dag.tasks.map(\.id)).map { "; did you mean '\($0)'?" } ?? ""
        throw CommandFailure("DAG '\(dag.id)' has no task '\(id)'\(near)")
    }

    /// Runs the task, prints its log, and gives the word for how it ended.
    func run(_ request: TriggerRequest) async throws -> String {
        let factory = RunFactory(store: engine.workspace.store, dags: engine.library, wallClock: SystemWallClock())
        let snapshot = try await RunConfiguration.checked { try await factory.makeRun(request) }
        let launch = launch(snapshot)
        var run = snapshot.run
        run.state = .running
        try await engine.workspace.store.commit(
            [.saveRun(run), .saveTask(launch.instance)], epoch: try await engine.workspace.store.currentEpoch())
        await engine.executor.launch(launch)
        let outcome = await outcome(of: launch.id)
        await engine.pods?.finish(also: launch.run.key)
        try printLog(launch)
        return outcome
    }

    /// The task's rendered template fields in a run that need not exist; `nil` when only Python can render them.
    func renderedFields(in snapshot: RunSnapshot) async throws -> JSONObject? {
        try await engine.executor.renderedFields(of: launch(snapshot))
    }

    /// A launch of the task in a run that is not recorded.
    func launch(_ request: TriggerRequest) async throws -> TaskLaunch {
        let factory = RunFactory(store: engine.workspace.store, dags: engine.library, wallClock: SystemWallClock())
        return launch(try await RunConfiguration.checked { try await factory.makeRun(request) })
    }

    func launch(_ snapshot: RunSnapshot) -> TaskLaunch {
        var random = SystemRandomNumberGenerator()
        let now = SystemWallClock().now()
        let key = TaskInstanceKey(run: snapshot.run.key, taskID: task.id, mapIndex: mapIndex)
        var instance = TaskInstance(id: UUID7(at: now, using: &random), key: key)
        instance.state = .queued
        instance.tryNumber = 1
        instance.launchNumber = 1
        instance.queuedAt = now
        instance.operatorName = task.operatorName
        instance.dagVersionID = snapshot.run.dagVersionID
        return TaskLaunch(
            id: LaunchID(tryID: instance.id, number: 1), instance: instance, run: snapshot.run, dag: snapshot.dag,
            task: task, shouldRetry: false, isResume: false)
    }

    private func outcome(of id: LaunchID) async -> String {
        while true {
            for event in engine.mailbox.drain() {
                switch event {
                case .taskEnded(id, let outcome): return Self.word(outcome)
                case .launchFailed(id, let reason), .taskLost(id, let reason), .taskStopped(id, let reason):
                    return "failed: \(reason)"
                default: break
                }
            }
            await engine.mailbox.wait()
        }
    }

    private static func word(_ outcome: TaskOutcome) -> String {
        switch outcome {
        case .success: "success"
        case .skipped: "skipped"
        case .failed(let reason), .failedMayRetry(let reason, _), .died(let reason, _): "failed: \(reason)"
        case .removed: "removed"
        case .upForReschedule(let instant): "up_for_reschedule until \(instant)"
        case .deferred(let deferral): "deferred to \(deferral.triggerClass)"
        case .awaitingInput: "awaiting_input"
        }
    }

    private func printLog(_ launch: TaskLaunch) throws {
        let logs = FileTaskLogStore(folder: engine.workspace.configuration[.logsFolder])
        guard let bytes = try logs.read(launch.logPath, offset: 0, maximumBytes: 16 << 20) else { return }
        for line in bytes.split(separator: 0x0A) {
            let entry = try? JSONValue.parse(utf8: Array(line))
            Terminal.print(entry?["event"]?.stringValue ?? String(decoding: line, as: UTF8.self))
        }
    }
}
