import ArgumentParser
import PipelineCore

struct BackfillList: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List backfills that are not completed.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @Option(name: .customLong("dag-id"), help: "Only backfills of this DAG.") var dagID: String?
    @Flag(help: "Also completed ones.") var all = false

    func execute(_ workspace: Workspace) async throws {
        var filter = BackfillFilter()
        (filter.dagID, filter.isOpen) = (dagID, !all)
        let rows = try await workspace.store.backfills(filter).map { BackfillDocument.row($0) }
        output.print(Table(columns: BackfillDocument.columns, rows: rows))
    }
}
