package import PipelineCore

/// The metrics of one epoch, as `metrics.jsonl` holds them.
package struct MetricRecord: Sendable, Hashable {
    /// Counted from 1.
    package var epoch: Int
    package var values: JSONObject

    /// Names of the numbers, in their order.
    package var names: [String] { values.filter { $0.value.doubleValue != nil }.map(\.key) }

    /// The values that two equal trainings have in common.
    var withoutTimes: JSONObject {
        JSONObject(values.filter { $0.key != Self.speed }.map { ($0.key, $0.value) })
    }

    /// Training images a second.
    static let speed = "images_per_second"

    package subscript(name: String) -> Double? { values[name]?.doubleValue }

    /// Whether `candidate` is a better value of metric `name` than `best`; what is not a number is never better.
    package static func isBetter(_ candidate: Double, than best: Double, metric name: String) -> Bool {
        MetricDirection(of: name).isBetter(candidate, than: best)
    }
}
