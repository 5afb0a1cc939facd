import ArgumentParser
import PipelineCore

struct Tasks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks", abstract: "Look at tasks, their states and logs; run them again.",
        subcommands: [
            TasksList.self, TasksStates.self, TasksLogs.self, TasksRender.self, TasksExplain.self, TasksClear.self,
            TasksTest.self,
        ])
}

struct TasksList: DAGCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the tasks of a DAG.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        let dag = try library.require(dagID).dag
        let rows = dag.tasks.map { task -> JSONObject in
            [
                "task_id": .string(task.id), "operator": .string(task.operatorName),
                "trigger_rule": .string(task.triggerRule.rawValue),
                "downstream": .array(task.downstream.map(JSONValue.string)), "is_mapped": .bool(task.isMapped),
                "runs": .string(task.isEmpty ? "scheduler" : task.native == nil ? "python" : "native"),
                "python_reason": RunDocument.text(task.pythonReason),
            ]
        }
        output.print(Table(columns: ["task_id", "operator", "trigger_rule", "is_mapped", "runs", "downstream"], rows: rows))
    }
}

struct TasksStates: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "states", abstract: "List the task instances of a run.", aliases: ["states-for-dag-run"])
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Run id ('latest': the newest).") var runID = "latest"

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        let instances = try await workspace.store.taskInstances(TaskFilter(run: run.key))
        let columns = ["task_id", "map_index", "state", "try_number", "start_date", "end_date", "reason"]
        output.print(
            Table(
                columns: columns,
                rows: instances.map { instance in
                    JSONObject([
                        ("dag_id", .string(dagID)), ("run_id", .string(run.key.runID)),
                        ("logical_date", RunDocument.time(run.logicalDate)),
                    ]).merging(RunDocument.taskInstance(instance))
                }))
    }
}

struct TasksExplain: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say why a task of a run waits, check by check.",
        aliases: ["failed-deps"])
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Run id ('latest': the newest).") var runID: String
    @Argument(help: "Task id.") var taskID: String
    @Option(help: "Map index.") var mapIndex = TaskInstanceKey.unmapped

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        let snapshot = try await workspace.snapshot(of: run)
        guard snapshot.dag[taskID] != nil else {
            let near = Suggestion.nearest(to: taskID, among: snapshot.dag.tasks.map(\.id))
            throw CommandFailure("DAG '\(dagID)' has no task '\(taskID)'" + (near.map { "; did you mean '\($0)'?" } ?? ""))
        }
        let key = TaskInstanceKey(run: run.key, taskID: taskID, mapIndex: mapIndex)
        var machine = SchedulerStateMachine(limits: SchedulerLimits(), pools: try await workspace.store.pools(), seed: 0)
        let now = SystemWallClock().now()
        _ = machine.handle(.runLoaded(snapshot), now: now)
        let checks = machine.explain(key, now: now)
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

struct TasksClear: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Make tasks of a run run again; 'pipeline run DAG --run-id ID' carries it out.")
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
        let snapshot = try await workspace.snapshot(of: run)
        let request = ClearRequest(
            run: run.key, taskIDs: try taskIDs(snapshot.dag), includeUpstream: upstream, includeDownstream: downstream,
            onlyFailed: onlyFailed)
        let changes = Self.changes(snapshot, request)
        let cleared = changes.compactMap { if case .archiveTask(let instance) = $0 { instance } else { nil } }
        guard !cleared.isEmpty else { return Terminal.print("Nothing to clear.") }
        try confirm(cleared)
        try await workspace.store.commit(changes, epoch: try await workspace.store.currentEpoch())
        let columns = ["task_id", "map_index", "state", "try_number"]
        output.print(Table(columns: columns, rows: cleared.map(RunDocument.taskInstance)))
        Terminal.note("Carry it out with: pipeline run \(dagID) --run-id \(run.key.runID)")
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
