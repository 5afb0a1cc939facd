import ArgumentParser
import PipelineCore
import PythonHost

struct TasksRender: DAGCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Print the rendered template fields of a task.",
        discussion: "Of a task that has run, what it ran with; of any other, what it would run with.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Task id.") var taskID: String
    @Argument(help: "Run id or logical date, whether there is such a run or not ('latest': the newest).")
    var runID = "latest"
    @Option(help: "Map index.") var mapIndex = TaskInstanceKey.unmapped

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        let run = try await workspace.existingRun(dagID: dagID, runID: runID)
        if let run, let fields = try await workspace.store.renderedFields(of: key(run)) { return show(fields) }
        let python = Composition.pythonHost(workspace.configuration)
        let engine = try await RunEngine(workspace: workspace, library: library, python: python, observers: [])
        let snapshot = if let run { try await workspace.snapshot(of: run) } else { try await newRun(workspace, library) }
        let task = try SingleTask.task(taskID, of: snapshot.dag)
        let single = SingleTask(engine: engine, task: task, mapIndex: mapIndex)
        guard let fields = try await single.renderedFields(in: snapshot) else {
            throw CommandFailure(
                "task '\(taskID)' has not run yet, and only Python can render its fields: 'pipeline tasks test \(dagID) "
                    + "\(taskID)' runs it by itself")
        }
        show(fields)
    }

    private func key(_ run: DAGRun) -> TaskInstanceKey {
        TaskInstanceKey(run: run.key, taskID: taskID, mapIndex: mapIndex)
    }

    /// A run as it would be made, which is not kept.
    private func newRun(_ workspace: Workspace, _ library: DAGLibrary) async throws -> RunSnapshot {
        _ = try library.require(dagID)
        var request = TriggerRequest(dagID: dagID, type: .manual, triggeredBy: .test)
        if runID != "latest" {
            guard let date = Timestamp(iso8601: runID) else {
                throw CommandFailure("DAG '\(dagID)' has no run '\(runID)', and that is no logical date of another")
            }
            request.logicalDate = .some(date)
        }
        let factory = RunFactory(store: workspace.store, dags: library, wallClock: SystemWallClock())
        return try await RunConfiguration.checked { try await factory.makeRun(request) }
    }

    private func show(_ fields: JSONObject) {
        switch output.output {
        case .json: Terminal.print(JSONValue.object(fields).serialized(.pretty))
        case .yaml: Terminal.print(YAMLWriter.text(.object(fields)))
        case .table, .plain:
            for (name, value) in fields {
                Terminal.print("# ----------------------------------------------------------")
                Terminal.print("# property: \(name)")
                Terminal.print("# ----------------------------------------------------------")
                Terminal.print(value.stringValue ?? value.serialized(.python))
            }
        }
    }
}
