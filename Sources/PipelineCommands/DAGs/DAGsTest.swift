import ArgumentParser
import PipelineCore

struct DAGsTest: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Run a DAG without leaving a run in the database.",
        discussion: "Works in a database of its own, with the variables, connections and pools of the real one.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var request: RunRequestOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "Logical date, ISO 8601, as with --logical-date.") var date: String?

    var ownFlags: [Setting: String] { cluster.flags }

    func execute(_ workspace: Workspace) async throws {
        guard date == nil || request.logicalDate == nil else { throw UsageError("give the logical date once") }
        var request = try request.request(runID: nil)
        if let date { request.logicalDate = .some(try RunConfiguration.instant(date)) }
        let wanted = request
        try await Scratch.run(beside: workspace) { scratch in
            let run = try await RunSession(workspace: scratch, isQuiet: self.request.quiet).run(wanted)
            try await self.request.report(run, scratch, output)
        }
    }
}
