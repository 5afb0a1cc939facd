import ArgumentParser
import PipelineCore

struct Assets: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assets", abstract: "Look at assets.", subcommands: [AssetsList.self])
}

struct AssetsList: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List assets.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions

    func execute(_ workspace: Workspace) async throws {
        let assets = try await workspace.store.assets()
        output.print(
            Table(
                columns: ["name", "uri", "group", "is_active"],
                rows: assets.map {
                    [
                        "name": .string($0.name), "uri": .string($0.uri), "group": .string($0.group),
                        "is_active": .bool($0.isActive), "extra": $0.extra,
                    ]
                }))
    }
}
