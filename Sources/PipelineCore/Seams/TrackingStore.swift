/// What tasks report of their work: metrics by step, parameters, files with check sums.
package protocol TrackingStore: Sendable {
    /// Adds rows or replaces those of the same identity (see ``TrackedMetric``) in one transaction. A row of an earlier
    /// try than the stored one changes nothing, neither does one that says the same again.
    /// - Throws: ``StoreError`` `notFound` when a row's run is unknown.
    func track(_ batch: TrackingBatch) async throws
    /// By task id, map index, name and step.
    func metrics(_ filter: TrackingFilter) async throws -> [TrackedMetric]
    /// By task id, map index and name.
    func params(_ filter: TrackingFilter) async throws -> [TrackedParam]
    /// By task id, map index and name.
    func artifacts(_ filter: TrackingFilter) async throws -> [TrackedArtifact]
}

/// Which rows of a run; an empty list is no condition.
package struct TrackingFilter: Sendable, Hashable {
    package var run: RunKey
    package var taskIDs: [String]
    package var names: [String]

    package init(run: RunKey, taskIDs: [String] = [], names: [String] = []) {
        self.run = run
        self.taskIDs = taskIDs
        self.names = names
    }
}
