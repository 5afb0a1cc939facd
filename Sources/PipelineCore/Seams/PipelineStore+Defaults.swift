/// Calls that a driver may answer in one statement, and otherwise in several.
extension DAGStore {
    package func latestDAGVersions() async throws -> [DAGVersion] {
        var versions: [DAGVersion] = []
        for record in try await dagRecords() {
            if let version = try await latestDAGVersion(dagID: record.dagID) { versions.append(version) }
        }
        return versions
    }

    package func addDAGVersions(_ versions: [DAGVersion]) async throws {
        for version in versions { try await addDAGVersion(version) }
    }
}
