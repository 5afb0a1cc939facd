import ArgumentParser
import PipelineCore

struct TasksClear: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Make tasks of a run run again.",
        discussion: "The scheduler carries it out; without one, 'pipeline run DAG --run-id ID' does.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Option(name: [.customShort("r"), .customLong("run-id")], help: "Run id ('latest': the newest).")
    var runID = "latest"
    @Option(name: [.customShort("t"), .customLong("task-regex")], help: "Tasks whose id matches; default: all.")
    var taskRegex: String?
    @Flag(name: .shortAndLong, help: "And all tasks upstream of them.") var upstream = false
    @Flag(name: .shortAndLong, help: "And all tasks downstream of them.") var downstream = false
    @Flag(name: [.customShort("f"), .customLong("only-failed")], help: "Only failed ones.") var onlyFailed = false
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        try RunOwnership.checkFree(run.key, home: workspace.configuration[.home])
        let snapshot = try await workspace.snapshot(of: run)
        let request = ClearRequest(
            run: run.key, taskIDs: try taskIDs(snapshot.dag), includeUpstream: upstream, includeDownstream: downstream,
            onlyFailed: onlyFailed)
        let changes = Self.changes(snapshot, request)
        let cleared = changes.compactMap { if case .archiveTask(let instance) = $0 { instance } else { nil } }
        guard !cleared.isEmpty else { return Terminal.print("Nothing to clear.") }
        try confirm(cleared)
        let isLed = try await workspace.leader() != nil
        if isLed {
            try await workspace.ask(.clear(request))
        } else {
            try await workspace.store.commit(changes, epoch: try await workspace.store.currentEpoch())
        }
        let columns = ["task_id", "map_index", "state", "try_number"]
        output.print(Table(columns: columns, rows: cleared.map(RunDocument.taskInstance)))
        if !isLed { Terminal.note("Carry it out with: pipeline run \(dagID) --run-id \(run.key.runID)") }
    }

    private func taskIDs(_ dag: DAG) throws -> [String]? {
        guard let taskRegex else { return nil }
        let regex: Regex<AnyRegexOutput>
        do {
            regex = try Regex(taskRegex)
        } catch {
            throw UsageError("'\(taskRegex)' is no regular expression: \(error)")
        }
        let ids = dag.tasks.map(\.id).filter { $0.firstMatch(of: regex) != nil }
        guard !ids.isEmpty else { throw CommandFailure("no task of DAG '\(dagID)' matches '\(taskRegex)'") }
        return ids
    }

    /// With no slot free the machine decides what is cleared and starts nothing.
    private static func changes(_ snapshot: RunSnapshot, _ request: ClearRequest) -> [StoreChange] {
        var limits = SchedulerLimits()
        limits.parallelism = 0
        var machine = SchedulerStateMachine(limits: limits, pools: [], seed: UInt64.random(in: .min ... .max))
        let now = SystemWallClock().now()
        let actions = machine.handle(.runLoaded(snapshot), now: now) + machine.handle(.tasksCleared(request), now: now)
        return actions.compactMap { if case .store(let change) = $0 { change } else { nil } }
    }

    private func confirm(_ instances: [TaskInstance]) throws {
        guard !yes else { return }
        for instance in instances { Terminal.note("\(instance.key)  \(instance.state?.rawValue ?? "none")") }
        Terminal.note("Clear these \(instances.count) task instance(s)? Type 'yes' to go on:")
        guard readLine() == "yes" else { throw CommandFailure("Cancelled") }
    }
}
