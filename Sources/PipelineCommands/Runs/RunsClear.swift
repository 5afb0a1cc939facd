import ArgumentParser
import PipelineCore

struct RunsClear: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Make all tasks of a run run again.",
        discussion: "The run keeps its version of the DAG unless --run-on-latest-version is given.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var options: ClearOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Run id or logical date ('latest': the newest).") var runID = "latest"

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        try await Clearing(workspace: workspace, options: options).clearAndReport([run], output) { _ in nil }
    }
}
