/// Makes of a planned run what the state machine can begin with.
package struct RunMaker: Sendable {
    private let store: any RunStore
    private let dags: any DAGProvider

    package init(store: any RunStore, dags: any DAGProvider) {
        self.store = store
        self.dags = dags
    }

    /// The run, pinned to the latest version of its DAG unless it names one; `nil` where there is such a run already, or
    /// the DAG is gone.
    package func snapshot(of planned: PlannedRun) async throws -> RunSnapshot? {
        guard let pinned = try await dag(of: planned.run), try await !exists(planned.run) else { return nil }
        var run = planned.run
        run.dagVersionID = pinned.versionID
        run.bundleVersion = pinned.bundleVersion
        return try await RunSnapshotLoader(store: store).completed(RunSnapshot(run: run, dag: pinned.dag))
    }

    private func dag(of run: DAGRun) async throws -> PinnedDAG? {
        if let version = run.dagVersionID { return try await dags.version(version) }
        return try await dags.latest(dagID: run.key.dagID)
    }

    private func exists(_ run: DAGRun) async throws -> Bool {
        if try await store.run(run.key) != nil { return true }
        guard let logicalDate = run.logicalDate else { return false }
        var filter = RunFilter(dagID: run.key.dagID, limit: 1)
        filter.logicalDates = [logicalDate]
        return try await !store.runs(filter).isEmpty
    }
}
