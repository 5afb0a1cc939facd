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

/// A workspace that is thrown away.
enum Scratch {
    /// Copies what people have set, runs `body`, and removes everything.
    static func run(beside workspace: Workspace, _ body: (Workspace) async throws -> Void) async throws {
        let folder = try Paths.temporaryFolder(prefix: "pipeline-test-")
        defer { Paths.removeTree(folder) }
        let scratch = try await Workspace.open(
            try workspace.configuration.replacing([
                .databaseURL: "sqlite:///\(folder)/pipeline.db", .logsFolder: folder + "/logs",
            ]))
        do {
            try await copySettings(from: workspace, to: scratch)
            try await body(scratch)
        } catch {
            await scratch.close()
            throw error
        }
        await scratch.close()
    }

    private static func copySettings(from source: Workspace, to target: Workspace) async throws {
        for variable in try await source.store.variables() { try await target.store.setVariable(variable) }
        for connection in try await source.store.connections() { try await target.store.setConnection(connection) }
        for pool in try await source.store.pools() { try await target.store.setPool(pool) }
    }
}
