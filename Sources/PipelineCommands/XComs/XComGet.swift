import ArgumentParser
import PipelineCore

struct XComGet: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "Print one XCom as JSON.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: TextOutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Run id or logical date ('latest': the newest).") var runID: String
    @Argument(help: "Task id.") var taskID: String
    @Option(help: "Key.") var key = XCom.returnKey
    @Option(help: "Map index.") var mapIndex = TaskInstanceKey.unmapped

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        let task = TaskInstanceKey(run: run.key, taskID: taskID, mapIndex: mapIndex)
        guard let xcom = try await workspace.store.xcom(task, key: key) else {
            throw CommandFailure("\(task) has no XCom '\(key)'")
        }
        output.print(
            Table(columns: ["task_id", "map_index", "key", "value"], rows: [RunDocument.xcom(xcom)]),
            orText: xcom.value.serialized(.pretty))
    }
}
