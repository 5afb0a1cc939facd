import ArgumentParser
import PipelineCore

struct XComList: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the XComs of a run.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Run id or logical date ('latest': the newest).") var runID: String
    @Option(name: .shortAndLong, help: "Only this task.") var taskID: String?

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        let xcoms = try await workspace.store.xcoms(run: run.key, taskIDs: taskID.map { [$0] }, key: nil)
        output.print(Table(columns: ["task_id", "map_index", "key", "value"], rows: xcoms.map(RunDocument.xcom)))
    }
}
