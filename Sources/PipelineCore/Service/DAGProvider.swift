/// Gives DAGs to whoever creates or resumes runs: by id (the newest version) or by version (what a run is pinned to).
package protocol DAGProvider: Sendable {
    func latest(dagID: String) async throws -> PinnedDAG?
    func version(_ id: UUID7) async throws -> PinnedDAG?
    /// The data interval of a run by hand at `instant`; `nil` where the timetable has none.
    func manualDataInterval(of dag: DAG, at instant: Timestamp) async throws -> DataInterval?
    /// The partition that a run by hand works on.
    /// - Throws: ``PartitionError`` where the DAG takes no such key.
    func partition(of dag: DAG, key: String) async throws -> RunPartition
}

/// A DAG and the version it is.
package struct PinnedDAG: Sendable {
    package var dag: DAG
    package var versionID: UUID7
    package var bundleVersion: String?

    package init(dag: DAG, versionID: UUID7, bundleVersion: String?) {
        self.dag = dag
        self.versionID = versionID
        self.bundleVersion = bundleVersion
    }
}
