import ArgumentParser
import PipelineCore

struct RunsShow: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a run with its tasks.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Run id or logical date ('latest': the newest).") var runID = "latest"
    @Flag(help: "With the XComs of its tasks.") var withXcoms = false

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        let result = try await RunResult(run: run, store: workspace.store, withXComs: withXcoms)
        result.write(output.output)
    }
}
