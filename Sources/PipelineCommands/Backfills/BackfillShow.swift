import ArgumentParser
import PipelineCore

struct BackfillShow: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the dates of a backfill with their runs.",
        discussion: "A date without run and without reason is still to come.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var selection: BackfillSelection

    func execute(_ workspace: Workspace) async throws {
        let backfill = try await selection.find(workspace.store)
        let dates = try await workspace.store.backfillRuns(id: backfill.id)
        var filter = RunFilter(dagID: backfill.dagID)
        filter.runIDs = dates.compactMap(\.runID)
        let runs = filter.runIDs.isEmpty ? [] : try await workspace.store.runs(filter)
        let byID = Dictionary(runs.map { ($0.key.runID, $0) }) { first, _ in first }
        let rows = dates.map { date in BackfillDocument.row(date, date.runID.flatMap { byID[$0] }) }
        output.print(Table(columns: BackfillDocument.dateColumns, rows: rows))
    }
}
