import ArgumentParser
import PipelineCore

struct RunsShow: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a run with its tasks.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Run id or logical date ('latest': the newest).") var runID = "latest"
    @Flag(help: "With the XComs of its tasks.") var withXcoms = false
    @Flag(help: "With the events of assets that it consumes.") var consumed = false
    @Flag(help: "With the metrics, parameters and files that its tasks reported.") var metrics = false

    func execute(_ workspace: Workspace) async throws {
        let run = try await workspace.run(dagID: dagID, runID: runID)
        var result = try await RunResult(run: run, store: workspace.store, withXComs: withXcoms)
        if consumed { result.consumed = try await workspace.store.consumedAssetEvents(run.key) }
        if metrics {
            result.tracking = try await RunTracking(TrackingFilter(run: run.key), store: workspace.store)
        }
        result.write(output.output)
    }
}
