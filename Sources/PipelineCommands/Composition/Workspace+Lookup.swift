import DAGParsing
import PipelineCore

extension Workspace {
    /// The run by id or by logical date, or the newest one of the DAG for `latest`.
    /// - Throws: ``CommandFailure`` naming the nearest run or DAG.
    func run(dagID: String, runID: String) async throws -> DAGRun {
        if let run = try await existingRun(dagID: dagID, runID: runID) { return run }
        if runID == "latest" {
            throw CommandFailure("DAG '\(dagID)' has no runs" + (try await suggestion(dagID: dagID)))
        }
        let known = try await store.runs(RunFilter(dagID: dagID, limit: 1_000)).map(\.key.runID)
        let near = Suggestion.nearest(to: runID, among: known)
        throw CommandFailure("DAG '\(dagID)' has no run '\(runID)'" + (near.map { "; did you mean '\($0)'?" } ?? ""))
    }

    /// The same; `nil` where there is none.
    func existingRun(dagID: String, runID: String) async throws -> DAGRun? {
        if runID == "latest" { return try await store.runs(RunFilter(dagID: dagID, limit: 1)).first }
        if let run = try await store.run(RunKey(dagID: dagID, runID: runID)) { return run }
        return try await run(dagID: dagID, logicalDate: runID)
    }

    /// Airflow's commands take a logical date where they take a run id.
    private func run(dagID: String, logicalDate text: String) async throws -> DAGRun? {
        guard let date = Timestamp(iso8601: text) else { return nil }
        var filter = RunFilter(dagID: dagID, limit: 1)
        filter.logicalDates = [date]
        return try await store.runs(filter).first
    }

    /// The run with its DAG as it was when the run began.
    func snapshot(of run: DAGRun) async throws -> RunSnapshot {
        guard let id = run.dagVersionID, let version = try await store.dagVersion(id: id) else {
            throw CommandFailure("the DAG version of run '\(run.key)' is not in the store")
        }
        let dag = try DAGDocument(utf8: version.document).decode()
        return try await RunSnapshotLoader(store: store).load(run, dag: dag, xcoms: store)
    }

    /// The latest version of a DAG that is in the store.
    func latestVersion(dagID: String) async throws -> PinnedDAG {
        guard let latest = try await store.latestDAGVersion(dagID: dagID),
            let version = try await store.dagVersion(id: latest.id)
        else {
            throw CommandFailure("no version of DAG '\(dagID)' is in the store" + (try await suggestion(dagID: dagID)))
        }
        let dag = try DAGDocument(utf8: version.document).decode()
        return PinnedDAG(dag: dag, versionID: version.id, bundleVersion: version.bundleVersion)
    }

    private func suggestion(dagID: String) async throws -> String {
        let known = try await store.dagRecords().map(\.dagID)
        guard !known.contains(dagID), let near = Suggestion.nearest(to: dagID, among: known) else { return "" }
        return "; did you mean '\(near)'?"
    }
}
