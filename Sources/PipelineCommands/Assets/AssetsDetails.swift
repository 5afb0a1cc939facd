import ArgumentParser
import PipelineCore

struct AssetsDetails: DAGCommand {
    static let configuration = CommandConfiguration(
        commandName: "details", abstract: "Show an asset: who writes it, who waits for it, its last event.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var selection: AssetSelection

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        let asset = try await selection.asset(workspace.store)
        var details = try await details(asset, AssetUses(catalog: library.catalog), workspace.store)
        details["pending_partitions"] = Self.list(
            try await PendingPartitions(library: library, store: workspace.store).names(of: asset.key))
        switch output.output {
        case .json, .yaml: output.print(Table(columns: details.keys, rows: [details]))
        case .table, .plain:
            let rows: [JSONObject] = details.map { ["property_name": .string($0.key), "property_value": $0.value] }
            output.print(Table(columns: ["property_name", "property_value"], rows: rows))
        }
    }

    private func details(
        _ asset: AssetRecord, _ uses: AssetUses, _ store: any PipelineStore
    ) async throws -> JSONObject {
        let last = try await store.assetEvents(name: asset.name, uri: asset.uri, aliasName: nil).last
        let aliases = try await store.assetQueue().aliases.filter { $0.value.contains(asset.key) }.keys.sorted()
        let queued = try await store.assetQueue().queued.filter { $0.asset == asset.key }.map(\.dagID)
        return [
            "name": .string(asset.name), "uri": .string(asset.uri), "group": .string(asset.group),
            "extra": asset.extra, "is_active": .bool(asset.isActive),
            "scheduled_dags": Self.list(uses.scheduledDAGs(asset.key)),
            "producing_tasks": Self.list(uses.tasks(\.outlets, asset.key)),
            "consuming_tasks": Self.list(uses.tasks(\.inlets, asset.key)), "aliases": Self.list(aliases),
            "queued_dags": Self.list(queued), "last_asset_event": RunDocument.time(last?.timestamp),
        ]
    }

    private static func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}
