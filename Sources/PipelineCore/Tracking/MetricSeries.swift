/// The course of one metric of one task instance.
package struct MetricSeries: Sendable, Hashable {
    package let task: TaskInstanceKey
    package let name: String
    /// By step; at least one.
    package let points: [TrackedMetric]

    /// The series in rows of the store.
    ///
    /// A later try takes up the work at some step; what an earlier one reported of that step and those after it
    /// belongs to work that was thrown away, and is left out.
    /// - Parameter rows: in any order.
    package static func all(in rows: [TrackedMetric]) -> [MetricSeries] {
        var groups: [Identity: [TrackedMetric]] = [:]
        var order: [Identity] = []
        for row in rows {
            let identity = Identity(task: row.task, name: row.name)
            if groups[identity] == nil { order.append(identity) }
            groups[identity, default: []].append(row)
        }
        return order.map { MetricSeries(task: $0.task, name: $0.name, points: continued(groups[$0] ?? [])) }
    }

    private struct Identity: Hashable {
        var task: TaskInstanceKey
        var name: String
    }

    private static func continued(_ rows: [TrackedMetric]) -> [TrackedMetric] {
        var newestTry = Int.min
        return rows.sorted { $0.step < $1.step }.filter { row in
            newestTry = max(newestTry, row.tryNumber)
            return row.tryNumber == newestTry
        }
    }

    /// The newest value.
    package var last: TrackedMetric { points[points.count - 1] }

    /// The best value, the first one among equals; what is not a number counts only where there is nothing else.
    package var best: TrackedMetric {
        points.dropFirst().reduce(points[0]) { best, point in
            MetricDirection(of: name).isBetter(point.value, than: best.value) ? point : best
        }
    }

    /// Whether all points sum up epochs, so that these are their natural axis.
    package var isByEpoch: Bool { points.allSatisfy { $0.epoch != nil } }
}
