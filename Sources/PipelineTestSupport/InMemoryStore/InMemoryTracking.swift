import PipelineCore

/// The tracking tables in memory: rows by identity.
struct InMemoryTracking: Sendable {
    private struct MetricID: Hashable {
        var task: TaskInstanceKey
        var name: String
        var step: Int
    }

    private struct NameID: Hashable {
        var task: TaskInstanceKey
        var name: String
    }

    private var metrics: [MetricID: TrackedMetric] = [:]
    private var params: [NameID: TrackedParam] = [:]
    private var artifacts: [NameID: TrackedArtifact] = [:]

    mutating func track(_ batch: TrackingBatch) {
        for row in batch.metrics {
            let id = MetricID(task: row.task, name: row.name, step: row.step)
            if let old = metrics[id], old.tryNumber > row.tryNumber || Self.isSame(old, row) { continue }
            metrics[id] = row
        }
        for row in batch.params {
            let id = NameID(task: row.task, name: row.name)
            if let old = params[id], old.tryNumber > row.tryNumber || old.value == row.value { continue }
            params[id] = row
        }
        for row in batch.artifacts {
            let id = NameID(task: row.task, name: row.file.name)
            if let old = artifacts[id], old.tryNumber > row.tryNumber || old.file == row.file { continue }
            artifacts[id] = row
        }
    }

    private static func isSame(_ left: TrackedMetric, _ right: TrackedMetric) -> Bool {
        left.epoch == right.epoch && (left.value == right.value || left.value.isNaN && right.value.isNaN)
    }

    func metrics(_ filter: TrackingFilter) -> [TrackedMetric] {
        metrics.values.filter { filter.selects($0.task, $0.name) }
            .sorted { ($0.task, $0.name, $0.step) < ($1.task, $1.name, $1.step) }
    }

    func params(_ filter: TrackingFilter) -> [TrackedParam] {
        params.values.filter { filter.selects($0.task, $0.name) }.sorted { ($0.task, $0.name) < ($1.task, $1.name) }
    }

    func artifacts(_ filter: TrackingFilter) -> [TrackedArtifact] {
        artifacts.values.filter { filter.selects($0.task, $0.file.name) }
            .sorted { ($0.task, $0.file.name) < ($1.task, $1.file.name) }
    }

    // What a table loses of a run; how many rows that were.

    mutating func removeMetrics(_ run: RunKey) -> Int {
        let before = metrics.count
        metrics = metrics.filter { $0.key.task.run != run }
        return before - metrics.count
    }

    mutating func removeParams(_ run: RunKey) -> Int {
        let before = params.count
        params = params.filter { $0.key.task.run != run }
        return before - params.count
    }

    mutating func removeArtifacts(_ run: RunKey) -> Int {
        let before = artifacts.count
        artifacts = artifacts.filter { $0.key.task.run != run }
        return before - artifacts.count
    }
}

extension TrackingFilter {
    fileprivate func selects(_ task: TaskInstanceKey, _ name: String) -> Bool {
        task.run == run && (taskIDs.isEmpty || taskIDs.contains(task.taskID))
            && (names.isEmpty || names.contains(name))
    }
}
