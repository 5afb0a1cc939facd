import ArgumentParser
import LocalExecutor
import PipelineCore
import PythonHost

struct TasksTest: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Run one task by itself, whatever it depends on, without recording it.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var cluster: ClusterOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Task id.") var taskID: String
    @Argument(help: "Logical date, ISO 8601; default: now.") var logicalDate: String?
    @Option(name: .shortAndLong, help: "Configuration of the run: a JSON object.") var conf: String?
    @Option(help: "Map index of a mapped task.") var mapIndex = TaskInstanceKey.unmapped

    var ownFlags: [Setting: String] { cluster.flags }

    func execute(_ workspace: Workspace) async throws {
        var request = TriggerRequest(dagID: dagID, type: .manual, triggeredBy: .test)
        request.conf = try RunConfiguration(conf: conf, params: []).object()
        if let logicalDate { request.logicalDate = .some(try RunConfiguration.instant(logicalDate)) }
        try await Scratch.run(beside: workspace) { scratch in
            let python = Composition.pythonHost(scratch.configuration)
            let library = try await DAGLibrary(workspace: scratch, python: python)
            let task = try SingleTask.task(taskID, of: try library.require(dagID).dag)
            let engine = try await RunEngine(workspace: scratch, library: library, python: python, observers: [])
            let outcome = try await SingleTask(engine: engine, task: task, mapIndex: mapIndex).run(request)
            await python.stop()
            Terminal.note("\(taskID): \(outcome)")
            if outcome != "success" && outcome != "skipped" { throw ExitCode(1) }
        }
    }
}
