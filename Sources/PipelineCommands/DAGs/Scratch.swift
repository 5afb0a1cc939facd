import ArgumentParser
import PipelineCore

/// A workspace that is thrown away.
enum Scratch {
    /// Copies what people have set, runs `body`, and removes everything.
    static func run(beside workspace: Workspace, _ body: (Workspace) async throws -> Void) async throws {
        let folder = try Paths.temporaryFolder(prefix: "pipeline-test-")
        defer { Paths.removeTree(folder) }
        let opened = try await Workspace.open(
            try workspace.configuration.replacing([
                .databaseURL: "sqlite:///\(folder)/pipeline.db", .logsFolder: folder + "/logs",
            ]))
        let scratch = Workspace(
            configuration: opened.configuration, store: opened.store, parsedFiles: workspace.store)
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
