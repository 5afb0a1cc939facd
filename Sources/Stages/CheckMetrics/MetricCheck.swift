import PipelineCore

/// One bound on one metric, and how the value stands to it.
struct MetricCheck: Sendable, Hashable {
    enum Bound: String, Sendable, Hashable, CaseIterable {
        case minimum = "min"
        case maximum = "max"

        var prefix: String { rawValue + "_" }
    }

    var metric: String
    var bound: Bound
    var threshold: Double
    var value: Double
    /// What the threshold comes from: the parameter, or the earlier run.
    var reason: String

    /// How far the value is on the good side; negative when it is on the wrong one.
    var margin: Double { bound == .minimum ? value - threshold : threshold - value }

    /// What is not a number passes nothing.
    var passed: Bool { margin >= 0 }

    var json: JSONObject {
        [
            "metric": .string(metric), "bound": .string(bound.rawValue), "threshold": .double(threshold),
            "value": .double(value), "margin": .double(margin), "passed": .bool(passed), "reason": .string(reason),
        ]
    }

    /// The miss in words.
    var miss: String {
        guard !value.isNaN else { return "\(metric) is not a number (\(reason))" }
        let side = bound == .minimum ? "below" : "above"
        return "\(metric) is \(FixedPoint.text(value, digits: 4)), \(FixedPoint.text(-margin, digits: 4)) \(side) "
            + "\(FixedPoint.text(threshold, digits: 4)) (\(reason))"
    }
}
