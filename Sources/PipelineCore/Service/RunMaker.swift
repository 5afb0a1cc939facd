/// Makes of a planned run what the state machine can begin with.
package struct RunMaker: Sendable {
    /// What becomes of a planned run.
    package enum Outcome: Sendable {
        case new(RunSnapshot)
        /// A run that is there runs again: all its tasks, on another version where one is given.
        case again(RunSnapshot, on: VersionChange?)
        /// There is such a run already, or no DAG; for a backfill with the reason.
        case refused(BackfillExceptionReason?)
    }

    private let store: any RunStore & XComStore
    private let dags: any DAGProvider

    package init(store: any RunStore & XComStore, dags: any DAGProvider) {
        self.store = store
        self.dags = dags
    }

    /// The run, pinned to the latest version of its DAG unless it names one.
    /// - Parameter isHeld: there is such a run that the store need not know yet.
    package func make(_ planned: PlannedRun, isHeld: Bool = false) async throws -> Outcome {
        guard let pinned = try await dag(of: planned.run) else { return .refused(planned.step.map { _ in .unknown }) }
        if isHeld { return .refused(planned.step.map { _ in .inFlight }) }
        if let existing = try await existing(planned.run) { return try await again(existing, planned.step, pinned) }
        var run = planned.run
        run.dagVersionID = pinned.versionID
        run.bundleVersion = pinned.bundleVersion
        return .new(try await RunSnapshotLoader(store: store).completed(RunSnapshot(run: run, dag: pinned.dag)))
    }

    private func again(_ run: DAGRun, _ step: BackfillStep?, _ pinned: PinnedDAG) async throws -> Outcome {
        guard let step else { return .refused(nil) }
        // A run of another date that has the id is as good as one that somebody makes just now.
        guard run.logicalDate == step.date.scheduled.logicalDate else { return .refused(.inFlight) }
        if let reason = step.backfill.reprocessBehavior.refusal(of: run) { return .refused(reason) }
        guard let own = try await dag(of: run) else { return .refused(.unknown) }
        let snapshot = try await RunSnapshotLoader(store: store).load(step.adopting(run), dag: own.dag, xcoms: store)
        let change = step.backfill.runOnLatestVersion ? VersionChange(to: pinned, xcoms: snapshot.xcoms) : nil
        return .again(snapshot, on: change)
    }

    private func dag(of run: DAGRun) async throws -> PinnedDAG? {
        if let version = run.dagVersionID { return try await dags.version(version) }
        return try await dags.latest(dagID: run.key.dagID)
    }

    private func existing(_ run: DAGRun) async throws -> DAGRun? {
        if let logicalDate = run.logicalDate {
            var filter = RunFilter(dagID: run.key.dagID, limit: 1)
            filter.logicalDates = [logicalDate]
            if let same = try await store.runs(filter).first { return same }
        }
        return try await store.run(run.key)
    }
}
