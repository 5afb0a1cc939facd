package import PipelineCore

extension SQLPipelineStore {
    /// Dates that one operation writes.
    private static let dateBatch = 500

    package func createBackfill(_ backfill: Backfill, runs: [BackfillRun]) async throws -> Backfill {
        try await requireSchema()
        let dates = SQLRows(runs.map { [.text(backfill.dagID)] + $0.row })
        let operations = dates.chunks(of: Self.dateBatch).map {
            SQLOperation(database.library["CreateBackfillRun"], rows: $0)
        }
        // Asked twice, the second would find the first.
        let results = try await database.write(
            [operation("CreateBackfill", backfill.row)] + operations, isRepeatable: false)
        guard case .int(let id)? = results[0].rows.first?.first else {
            throw StoreError(.corrupt, "backfill gave no id", location: location)
        }
        var created = backfill
        created.id = Int(id)
        return created
    }

    package func backfills(_ filter: BackfillFilter) async throws -> [Backfill] {
        let conditions = [
            Condition("backfills.dagID", filter.dagID), Condition("backfills.ids", filter.ids.map(String.init)),
            filter.isOpen ? Condition(name: "backfills.isOpen", values: []) : nil,
        ].compactMap(\.self)
        return try await rows(
            database.library.compose("SelectBackfills", conditions.map(\.name)), conditions.flatMap(\.values),
            table: "backfill", keyLength: 1) { try Backfill(&$0) }
    }

    package func backfillRuns(id: Int) async throws -> [BackfillRun] {
        try await dates("SelectBackfillRuns", [.int(id)])
    }

    package func openBackfills() async throws -> [OpenBackfill] {
        var filter = BackfillFilter()
        filter.isOpen = true
        let open = try await backfills(filter)
        let dates = Dictionary(grouping: try await dates("SelectOpenBackfillRuns", []), by: \.backfillID)
        return open.map { OpenBackfill($0, openRuns: dates[$0.id] ?? []) }
    }

    package func setBackfillPaused(_ isPaused: Bool, id: Int, at instant: Timestamp) async throws -> Bool {
        try await write("SetBackfillPaused", [.int(id), .bool(isPaused), .timestamp(instant)]) > 0
    }

    private func dates(_ statement: String, _ values: [SQLValue]) async throws -> [BackfillRun] {
        try await rows(statement, values, table: "backfill_dag_run", keyLength: 2) { try BackfillRun(&$0) }
    }
}
