import ArgumentParser
import PipelineCore

struct PartitionsList: DAGCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the partitions that have had events and no run yet, and what they wait for.",
        discussion: "One row for each asset. When all of them have what they need, a scheduler creates the run.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "Only partitions of this DAG.") var dagID: String?

    func execute(_ workspace: Workspace, _ library: DAGLibrary) async throws {
        if let dagID { _ = try library.require(dagID) }
        let rows = try await PendingPartitions(library: library, store: workspace.store).rows(dagID: dagID)
        output.print(
            Table(
                columns: ["dag_id", "partition_key", "since", "asset", "received", "required", "missing", "reason"],
                rows: rows))
    }
}
