import ArgumentParser
import PipelineCore

/// What the DAGs of the folder read and write, and what they did formerly (no longer active).
struct AssetsList: DAGCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the assets of the DAGs.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        let assets = try await workspace.store.assets()
        output.print(
            Table(
                columns: ["name", "uri", "group", "extra", "is_active"],
                rows: assets.map {
                    [
                        "name": .string($0.name), "uri": .string($0.uri), "group": .string($0.group),
                        "extra": $0.extra, "is_active": .bool($0.isActive),
                    ]
                }))
    }
}
