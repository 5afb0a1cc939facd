import ArgumentParser
import PipelineCore

struct AssetsMaterialize: DAGCommand {
    static let configuration = CommandConfiguration(
        commandName: "materialize", abstract: "Create a run of the DAG that writes an asset.",
        discussion: "A scheduler, or 'pipeline run --run-id', carries it out.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var selection: AssetSelection
    @Option(help: "Partition to write; only for DAGs with partitions.") var partitionKey: String?

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        try selection.check()
        let producers = AssetUses(catalog: library.catalog).producingDAGs(selection.matches)
        guard let dagID = producers.first else {
            throw CommandFailure("asset with \(selection.text) does not exist, or no DAG writes it")
        }
        guard producers.count == 1 else {
            throw CommandFailure(
                "more than one DAG materializes the asset with \(selection.text): \(producers.joined(separator: ", "))")
        }
        var request = TriggerRequest(dagID: dagID, type: .assetMaterialization, triggeredBy: .cli)
        request.logicalDate = .some(nil)
        request.partitionKey = partitionKey
        request.triggeringUser = ProcessEnvironment.all["USER"]
        let factory = RunFactory(store: workspace.store, dags: library, wallClock: SystemWallClock())
        let snapshot = try await RunConfiguration.checked { try await factory.makeRun(request) }
        try await workspace.store.commitOnce([.saveRun(snapshot.run)])
        Nudge.send(workspace.configuration)
        let columns = ["dag_id", "run_id", "state", "logical_date", "run_after", "run_type", "partition_key"]
        output.print(Table(columns: columns, rows: [RunDocument.run(snapshot.run)]))
    }
}
