import ArgumentParser
import PipelineCore

struct TasksRender: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Print the rendered template fields of a task that has run.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Task id.") var taskID: String
    @Argument(help: "Run id or logical date ('latest': the newest).") var runID = "latest"
    @Option(help: "Map index.") var mapIndex = TaskInstanceKey.unmapped

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        let key = TaskInstanceKey(run: run.key, taskID: taskID, mapIndex: mapIndex)
        guard let fields = try await workspace.store.renderedFields(of: key) else {
            throw CommandFailure("\(key) has not been rendered yet: it has not run in this run")
        }
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
