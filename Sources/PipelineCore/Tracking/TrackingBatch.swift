/// Rows of the tracking tables that are written together.
package struct TrackingBatch: Sendable, Hashable {
    package var metrics: [TrackedMetric] = []
    package var params: [TrackedParam] = []
    package var artifacts: [TrackedArtifact] = []

    package init() {}

    /// The rows that reports of one try stand for.
    package init(_ reports: [TrackingReport], of task: TaskInstanceKey, tryNumber: Int, at instant: Timestamp) {
        for report in reports {
            metrics += report.metrics.map { metric in
                TrackedMetric(
                    task: task, name: metric.name, step: report.step, epoch: report.epoch, value: metric.value,
                    tryNumber: tryNumber, timestamp: instant)
            }
            params += report.params.map { name, value in
                TrackedParam(task: task, name: name, value: value, tryNumber: tryNumber, timestamp: instant)
            }
            artifacts += report.artifacts.map {
                TrackedArtifact(task: task, file: $0, tryNumber: tryNumber, timestamp: instant)
            }
        }
    }

    package var isEmpty: Bool { metrics.isEmpty && params.isEmpty && artifacts.isEmpty }

    /// The same with one row for each identity: that of the highest try, among equals the last.
    package var withoutRepetitions: TrackingBatch {
        var batch = TrackingBatch()
        batch.metrics = Self.last(metrics, \.tryNumber) { [$0.task, $0.name, $0.step] }
        batch.params = Self.last(params, \.tryNumber) { [$0.task, $0.name] }
        batch.artifacts = Self.last(artifacts, \.tryNumber) { [$0.task, $0.file.name] }
        return batch
    }

    private static func last<Row>(
        _ rows: [Row], _ tryNumber: (Row) -> Int, identity: (Row) -> [AnyHashable]
    ) -> [Row] {
        var result: [Row] = []
        var places: [[AnyHashable]: Int] = [:]
        for row in rows {
            let key = identity(row)
            guard let place = places[key] else {
                places[key] = result.count
                result.append(row)
                continue
            }
            if tryNumber(row) >= tryNumber(result[place]) { result[place] = row }
        }
        return result
    }
}
