import ArgumentParser
import PipelineCore

struct AssetsEvent: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "event", abstract: "Events that no task causes.", subcommands: [AssetsEventCreate.self])
}

/// The event is a row of its own from now on; a scheduler registers it when it sees it, and starts what waits for it.
struct AssetsEventCreate: DAGCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Tell that something outside has written an asset.",
        discussion: "Runs that wait for the asset are started by a scheduler, also by one that is started later.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "Name of the asset.") var name: String?
    @Option(help: "URI of the asset.") var uri: String?
    @Option(help: "What consumers are to know: a JSON object.") var extra: String?
    @Option(help: "Partition that was written.") var partitionKey: String?

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        let extra = try Self.object(extra)
        if let partitionKey { try Self.check(partitionKey) }
        let selection = try AssetSelection.of(name: name, uri: uri)
        let asset = try await selection.asset(workspace.store)
        guard asset.isActive else {
            throw CommandFailure("asset with \(selection.text) is not active: no DAG names it, or another has its name or URI")
        }
        let event = try await workspace.store.createAssetEvent(
            asset.key, extra: .object(extra), partitionKey: partitionKey, at: SystemWallClock().now())
        Nudge.send(workspace.configuration)
        output.print(AssetsEvents.table([event]))
    }

    private static func check(_ key: String) throws {
        do {
            try RunPartition.check(key)
        } catch {
            throw UsageError("--partition-key: \(error)")
        }
    }

    private static func object(_ text: String?) throws -> JSONObject {
        guard let text else { return [:] }
        guard let object = (try? JSONValue.parse(text))?.objectValue else {
            throw UsageError("--extra must be a JSON object, not \(text)")
        }
        return object
    }
}
