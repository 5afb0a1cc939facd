import ArgumentParser
import PipelineCore

/// What the DAGs of the folder read and write, and what they did formerly (no longer active).
struct AssetsList: DAGCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the assets of the DAGs.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Flag(help: "List aliases, and the assets that events through them went to.") var alias = false

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        output.print(
            alias ? try await aliases(workspace, library) : Self.table(try await workspace.store.assets()))
    }

    private static func table(_ assets: [AssetRecord]) -> Table {
        Table(
            columns: ["name", "uri", "group", "extra", "is_active"],
            rows: assets.map {
                [
                    "name": .string($0.name), "uri": .string($0.uri), "group": .string($0.group),
                    "extra": $0.extra, "is_active": .bool($0.isActive),
                ]
            })
    }

    private func aliases(_ workspace: Workspace, _ library: DAGLibrary) async throws -> Table {
        let members = try await workspace.store.assetQueue().aliases
        let names = Set(AssetUses(catalog: library.catalog).aliases + members.keys).sorted()
        return Table(
            columns: ["name", "assets"],
            rows: names.map { name in
                let assets = (members[name] ?? []).sorted().map { JSONValue.string($0.name) }
                return ["name": .string(name), "assets": .array(assets)]
            })
    }
}
