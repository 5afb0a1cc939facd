import ArgumentParser
import PipelineCore

struct DAGsClear: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Make all tasks of a DAG run run again.",
        discussion: "The same as 'pipeline runs clear', under Airflow's name; several runs: 'pipeline tasks clear -s -e'.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var options: ClearOptions
    @Argument(help: "DAG id.") var dagID: String
    @Option(name: [.customShort("r"), .customLong("run-id")], help: "The run.") var runID: String

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        try await Clearing(workspace: workspace, options: options).clearAndReport([run], output) { _ in nil }
    }
}
