import ArgumentParser
import PipelineCore

struct BackfillPause: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Let a backfill start no more runs; those that run go on.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var selection: BackfillSelection

    func execute(_ workspace: Workspace) async throws { try await setPaused(true, selection, workspace, output) }
}

struct BackfillUnpause: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "unpause", abstract: "Let a paused backfill go on.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var selection: BackfillSelection

    func execute(_ workspace: Workspace) async throws { try await setPaused(false, selection, workspace, output) }
}

private func setPaused(
    _ isPaused: Bool, _ selection: BackfillSelection, _ workspace: Workspace, _ output: OutputOptions
) async throws {
    let backfill = try await selection.findOpen(workspace.store)
    let isDone = try await workspace.store.setBackfillPaused(isPaused, id: backfill.id, at: SystemWallClock().now())
    guard isDone else { throw CommandFailure("backfill \(backfill.id) is already completed") }
    Nudge.send(workspace.configuration)
    let now = try await selection.find(workspace.store)
    output.print(Table(columns: BackfillDocument.columns, rows: [BackfillDocument.row(now)]))
}
