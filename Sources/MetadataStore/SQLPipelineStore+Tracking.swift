package import PipelineCore

extension SQLPipelineStore {
    package func track(_ batch: TrackingBatch) async throws {
        // PostgreSQL refuses to change a row twice in one statement.
        let batch = batch.withoutRepetitions
        let tables: [(String, [[SQLValue]])] = [
            ("TrackMetric", batch.metrics.map(\.row)), ("TrackParam", batch.params.map(\.row)),
            ("TrackArtifact", batch.artifacts.map(\.row)),
        ]
        let operations = tables.filter { !$0.1.isEmpty }.map { SQLOperation(database.library[$0.0], rows: $0.1) }
        if !operations.isEmpty { try await write(operations) }
    }

    package func metrics(_ filter: TrackingFilter) async throws -> [TrackedMetric] {
        try await tracked("SelectMetrics", filter, table: "tracked_metric", keyLength: 6) { try TrackedMetric(&$0) }
    }

    package func params(_ filter: TrackingFilter) async throws -> [TrackedParam] {
        try await tracked("SelectParams", filter, table: "tracked_param", keyLength: 5) { try TrackedParam(&$0) }
    }

    package func artifacts(_ filter: TrackingFilter) async throws -> [TrackedArtifact] {
        try await tracked("SelectArtifacts", filter, table: "tracked_artifact", keyLength: 5) {
            try TrackedArtifact(&$0)
        }
    }

    private func tracked<Row: Sendable>(
        _ statement: String, _ filter: TrackingFilter, table: String, keyLength: Int,
        _ decode: @escaping @Sendable (inout RowReader) throws -> Row
    ) async throws -> [Row] {
        let conditions = [
            Condition("tracking.taskIDs", filter.taskIDs), Condition("tracking.names", filter.names),
        ].compactMap(\.self)
        let values: [SQLValue] = [.text(filter.run.dagID), .text(filter.run.runID)]
        return try await rows(
            database.library.compose(statement, conditions.map(\.name)), values + conditions.flatMap(\.values),
            table: table, keyLength: keyLength, decode)
    }
}
