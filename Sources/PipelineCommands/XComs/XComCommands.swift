import ArgumentParser
import PipelineCore

struct XComs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "xcom", abstract: "Look at the values that tasks left.", subcommands: [XComList.self, XComGet.self])
}

struct XComList: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the XComs of a run.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Run id ('latest': the newest).") var runID: String
    @Option(name: .shortAndLong, help: "Only this task.") var taskID: String?

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        let xcoms = try await workspace.store.xcoms(run: run.key, taskIDs: taskID.map { [$0] }, key: nil)
        output.print(Table(columns: ["task_id", "map_index", "key", "value"], rows: xcoms.map(RunDocument.xcom)))
    }
}

struct XComGet: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "Print one XCom as JSON.")
    @OptionGroup var global: GlobalOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Run id ('latest': the newest).") var runID: String
    @Argument(help: "Task id.") var taskID: String
    @Option(help: "Key.") var key = XCom.returnKey
    @Option(help: "Map index.") var mapIndex = TaskInstanceKey.unmapped

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        let task = TaskInstanceKey(run: run.key, taskID: taskID, mapIndex: mapIndex)
        guard let xcom = try await workspace.store.xcom(task, key: key) else {
            throw CommandFailure("\(task) has no XCom '\(key)'")
        }
        Terminal.print(xcom.value.serialized(.pretty))
    }
}
