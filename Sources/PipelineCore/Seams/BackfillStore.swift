/// Backfills and their dates. A scheduler changes them with its commits (``StoreChange/saveBackfillRun(_:)``,
/// ``StoreChange/finishBackfill(id:at:isCancelled:)``).
package protocol BackfillStore: Sendable {
    /// Adds a backfill with its dates, all or nothing; returns it with its id. Ids grow.
    /// - Throws: ``StoreError`` `conflict` where the DAG has a backfill that is not completed.
    func createBackfill(_ backfill: Backfill, runs: [BackfillRun]) async throws -> Backfill
    /// By id.
    func backfills(_ filter: BackfillFilter) async throws -> [Backfill]
    /// By ordinal.
    func backfillRuns(id: Int) async throws -> [BackfillRun]
    /// All that are not completed, by id.
    func openBackfills() async throws -> [OpenBackfill]
    /// Pauses or unpauses; `false` where there is no such backfill that is not completed.
    func setBackfillPaused(_ isPaused: Bool, id: Int, at instant: Timestamp) async throws -> Bool
}

/// Which backfills; all conditions hold together.
package struct BackfillFilter: Sendable, Hashable {
    package var ids: [Int] = []
    package var dagID: String?
    /// Only those that are not completed.
    package var isOpen = false

    package init() {}
}
