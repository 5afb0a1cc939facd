import ArgumentParser
import PipelineCore

struct BackfillCancel: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Give a backfill up.",
        discussion: "What waits of it ends as failed and what was to come does not come; runs that are running go on.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var selection: BackfillSelection

    func execute(_ workspace: Workspace) async throws {
        let backfill = try await selection.findOpen(workspace.store)
        if try await workspace.leader() != nil {
            try await workspace.ask(.cancelBackfill(backfill.id))
        } else {
            try await Self.cancel(backfill, workspace)
        }
        let now = try await selection.find(workspace.store)
        output.print(Table(columns: BackfillDocument.columns, rows: [BackfillDocument.row(now)]))
    }

    /// Without a scheduler this command does what one would do, in one commit.
    private static func cancel(_ backfill: Backfill, _ workspace: Workspace) async throws {
        var filter = RunFilter(dagID: backfill.dagID, states: [.queued])
        filter.types = [.backfill]
        let now = SystemWallClock().now()
        var machine = OfflineMachine.make()
        var actions: [SchedulerAction] = []
        for run in try await workspace.store.runs(filter) where run.backfillID == backfill.id {
            try RunOwnership.checkFree(run.key, home: workspace.configuration[.home])
            actions += machine.handle(.runLoaded(try await workspace.snapshot(of: run)), now: now)
        }
        actions += machine.handle(.backfillCancelled(backfill.id), now: now)
        let changes = OfflineMachine.changes(actions) + [.finishBackfill(id: backfill.id, at: now, isCancelled: true)]
        try await workspace.store.commit(changes, epoch: try await workspace.store.currentEpoch())
    }
}
