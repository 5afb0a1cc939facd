import ArgumentParser
import PipelineCore

struct TasksExplain: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say why a task of a run waits, check by check.",
        aliases: ["failed-deps"])
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Run id or logical date ('latest': the newest).") var runID: String
    @Argument(help: "Task id.") var taskID: String
    @Option(help: "Map index.") var mapIndex = TaskInstanceKey.unmapped

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        let snapshot = try await workspace.snapshot(of: run)
        _ = try SingleTask.task(taskID, of: snapshot.dag)
        let key = TaskInstanceKey(run: run.key, taskID: taskID, mapIndex: mapIndex)
        var machine = SchedulerStateMachine(limits: SchedulerLimits(), pools: try await workspace.store.pools(), seed: 0)
        let now = SystemWallClock().now()
        _ = machine.handle(.runLoaded(snapshot), now: now)
        var checks = machine.explain(key, now: now)
        if let launched = snapshot.taskInstances.first(where: { $0.key == key }), let reason = launched.reason,
            launched.state?.occupiesExecutor == true
        {
            checks.append(CheckResult(name: "executor", passed: false, reason: reason))
        }
        output.print(
            Table(
                columns: ["dependency", "passed", "reason"],
                rows: checks.map {
                    [
                        "dependency": .string($0.name), "passed": .bool($0.passed), "reason": .string($0.reason),
                        "until": RunDocument.time($0.until),
                    ]
                }))
    }
}
