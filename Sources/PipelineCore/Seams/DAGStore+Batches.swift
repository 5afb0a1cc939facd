extension DAGStore {
    /// One call for each DAG; drivers that can do better do.
    package func latestDAGVersions() async throws -> [DAGVersion] {
        var versions: [DAGVersion] = []
        for record in try await dagRecords() {
            guard var version = try await latestDAGVersion(dagID: record.dagID) else { continue }
            version.document = []
            versions.append(version)
        }
        return versions
    }

    /// One call for each version; drivers that can do better do.
    package func addDAGVersions(_ versions: [DAGVersion]) async throws {
        for version in versions { try await addDAGVersion(version) }
    }
}
