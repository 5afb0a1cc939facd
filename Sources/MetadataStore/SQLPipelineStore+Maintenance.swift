package import PipelineCore

extension SQLPipelineStore {
    /// Runs that one transaction of ``clean(before:dryRun:)`` deletes, so that others are not kept waiting.
    private static let cleanBatch = 100

    package func schemaVersion() async throws -> (found: Int, needed: Int) {
        let migrator = Migrator(database: database)
        return (try await migrator.found(), migrator.needed)
    }

    package func migrate() async throws { try await Migrator(database: database).migrate() }

    package func reset() async throws {
        forgetSchema()
        try await Migrator(database: database).reset()
    }

    package func clean(before instant: Timestamp, dryRun: Bool) async throws -> [String: Int] {
        let counts = try await rows("CountOldRows", [.timestamp(instant)], table: "dag_run", keyLength: 1) {
            (try $0.text(), try $0.int())
        }
        if !dryRun { try await deleteOldRuns(before: instant) }
        return Dictionary(uniqueKeysWithValues: counts)
    }

    private func deleteOldRuns(before instant: Timestamp) async throws {
        let values: [SQLValue] = [.timestamp(instant), .int(Self.cleanBatch)]
        while true {
            let deleted = try await write([
                operation("DeleteOldReschedules", values), operation("DeleteOldRuns", values),
            ])
            if deleted[1] < Self.cleanBatch { return }
        }
    }

    package func takeLeadership(holder: String, at instant: Timestamp) async throws -> Int64 {
        try await requireSchema()
        let result = try await database.write(
            [operation("TakeLeadership", [.text(holder), .timestamp(instant)])], isRepeatable: true)
        guard case .int(let epoch)? = result[0].rows.first?.first else {
            throw StoreError(.corrupt, "scheduler_lease has no row; run `pipeline db reset`", location: location)
        }
        return epoch
    }

    package func currentEpoch() async throws -> Int64 {
        try await requireSchema()
        let epochs = try await database.read(SQLOperation(database.library["SelectEpoch"], rows: [[]])) { $0.values[0] }
        guard case .int(let epoch)? = epochs.first else {
            throw StoreError(.corrupt, "scheduler_lease has no row; run `pipeline db reset`", location: location)
        }
        return epoch
    }
}
