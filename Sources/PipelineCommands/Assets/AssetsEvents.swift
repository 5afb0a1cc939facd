import ArgumentParser
import PipelineCore

struct AssetsEvents: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "List events of assets, oldest first.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var selection: AssetSelection
    @Option(help: "Only events through this alias.") var alias: String?
    @Option(help: "Only the newest so many.") var limit: Int?

    func execute(_ workspace: Workspace) async throws {
        if let limit, limit < 1 { throw UsageError("--limit must be at least 1, not \(limit)") }
        let events = try await workspace.store.assetEvents(
            name: selection.name, uri: selection.uri, aliasName: alias)
        output.print(Self.table(Array(events.suffix(limit ?? events.count))))
    }

    static func table(_ events: [AssetEvent]) -> Table {
        let columns = [
            "id", "name", "uri", "timestamp", "extra", "source_dag_id", "source_run_id", "source_task_id",
            "source_map_index", "source_aliases", "partition_key",
        ]
        return Table(columns: columns, rows: events.map(row))
    }

    static func row(_ event: AssetEvent) -> JSONObject {
        [
            "id": .int(event.id), "name": .string(event.name), "uri": .string(event.uri),
            "timestamp": RunDocument.time(event.timestamp), "extra": event.extra,
            "source_dag_id": RunDocument.text(event.source?.run.dagID),
            "source_run_id": RunDocument.text(event.source?.run.runID),
            "source_task_id": RunDocument.text(event.source?.taskID),
            "source_map_index": event.source.map { .int($0.mapIndex) } ?? .null,
            "source_aliases": .array(event.aliasNames.map { .string($0) }),
            "partition_key": RunDocument.text(event.partitionKey),
        ]
    }
}
