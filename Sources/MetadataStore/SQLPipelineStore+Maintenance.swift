package import PipelineCore

extension SQLPipelineStore {
    package func schemaVersion() async throws -> (found: Int, needed: Int) {
        let migrator = Migrator(database: database)
        return (try await migrator.found(), migrator.needed)
    }

    package func migrate() async throws { try await Migrator(database: database).migrate() }

    package func reset() async throws {
        forgetSchema()
        try await Migrator(database: database).reset()
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
