package import PipelineCore

extension InMemoryStore {
    package func createBackfill(_ backfill: Backfill, runs: [BackfillRun]) async throws -> Backfill {
        try withCore { try $0.createBackfill(backfill, runs) }
    }
    package func backfills(_ filter: BackfillFilter) async throws -> [Backfill] { withCore { $0.backfills(filter) } }
    package func backfillRuns(id: Int) async throws -> [BackfillRun] { withCore { $0.backfillDates[id] ?? [] } }
    package func openBackfills() async throws -> [OpenBackfill] { withCore { $0.openBackfills } }
    package func setBackfillPaused(_ isPaused: Bool, id: Int, at instant: Timestamp) async throws -> Bool {
        withCore { $0.setBackfillPaused(isPaused, id: id, at: instant) }
    }
}

extension InMemoryStoreCore {
    mutating func createBackfill(_ backfill: Backfill, _ runs: [BackfillRun]) throws(StoreError) -> Backfill {
        var filter = BackfillFilter()
        (filter.dagID, filter.isOpen) = (backfill.dagID, true)
        guard backfills(filter).isEmpty else {
            throw StoreError(.conflict, "DAG \(backfill.dagID) has an open backfill", location: "memory")
        }
        lastBackfill += 1
        var created = backfill
        created.id = lastBackfill
        backfillRows[created.id] = created
        backfillDates[created.id] = runs.sorted { $0.sortOrdinal < $1.sortOrdinal }.map { run in
            var run = run
            run.backfillID = created.id
            return run
        }
        return created
    }

    func backfills(_ filter: BackfillFilter) -> [Backfill] {
        backfillRows.values.filter { backfill in
            (filter.ids.isEmpty || filter.ids.contains(backfill.id))
                && (filter.dagID.map { $0 == backfill.dagID } ?? true)
                && (!filter.isOpen || backfill.completedAt == nil)
        }.sorted { $0.id < $1.id }
    }

    var openBackfills: [OpenBackfill] {
        var filter = BackfillFilter()
        filter.isOpen = true
        return backfills(filter).map { OpenBackfill($0, openRuns: backfillDates[$0.id]?.filter(\.isOpen) ?? []) }
    }

    mutating func setBackfillPaused(_ isPaused: Bool, id: Int, at instant: Timestamp) -> Bool {
        guard let row = backfillRows[id], row.completedAt == nil else { return false }
        backfillRows[id]?.isPaused = isPaused
        backfillRows[id]?.updatedAt = instant
        return true
    }

    mutating func save(_ date: BackfillRun) {
        guard let index = backfillDates[date.backfillID]?.firstIndex(where: { $0.sortOrdinal == date.sortOrdinal })
        else { return }
        backfillDates[date.backfillID]?[index].runID = date.runID
        backfillDates[date.backfillID]?[index].exceptionReason = date.exceptionReason
    }

    mutating func finishBackfill(_ id: Int, at instant: Timestamp, isCancelled: Bool) {
        guard var row = backfillRows[id] else { return }
        row.completedAt = row.completedAt ?? instant
        row.updatedAt = instant
        if isCancelled { row.isPaused = true }
        backfillRows[id] = row
    }
}
