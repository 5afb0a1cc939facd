package import PipelineCore

extension InMemoryStore {
    package func track(_ batch: TrackingBatch) async throws { try withCore { try $0.track(batch) } }
    package func metrics(_ filter: TrackingFilter) async throws -> [TrackedMetric] {
        withCore { $0.tracking.metrics(filter) }
    }
    package func params(_ filter: TrackingFilter) async throws -> [TrackedParam] {
        withCore { $0.tracking.params(filter) }
    }
    package func artifacts(_ filter: TrackingFilter) async throws -> [TrackedArtifact] {
        withCore { $0.tracking.artifacts(filter) }
    }
}

extension InMemoryStoreCore {
    mutating func track(_ batch: TrackingBatch) throws(StoreError) {
        let tasks = batch.metrics.map(\.task) + batch.params.map(\.task) + batch.artifacts.map(\.task)
        for task in tasks where runs[task.run] == nil { throw Self.missing(task.run) }
        tracking.track(batch)
    }
}
