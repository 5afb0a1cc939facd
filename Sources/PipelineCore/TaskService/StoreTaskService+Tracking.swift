extension StoreTaskService {
    package func track(_ reports: [TrackingReport], of task: TaskInstanceKey, tryNumber: Int) async throws {
        let batch = TrackingBatch(reports, of: task, tryNumber: tryNumber, at: wallClock.now())
        if !batch.isEmpty { try await store.track(batch) }
    }
}
