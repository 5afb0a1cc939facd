import ArgumentParser
import PipelineCore

struct DAGsTest: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Run a DAG without leaving a run in the database.",
        discussion: "Works in a database of its own, with the variables, connections and pools of the real one.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var request: RunRequestOptions
    @OptionGroup var output: OutputOptions

    func execute(_ workspace: Workspace) async throws {
        let request = try request.request(runID: nil)
        try await Scratch.run(beside: workspace) { scratch in
            let run = try await RunSession(workspace: scratch, isQuiet: self.request.quiet).run(request)
            try await self.request.report(run, scratch, output)
        }
    }
}
