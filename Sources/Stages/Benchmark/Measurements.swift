import PipelineCore

/// Values of repeated measurements, and what is said of them.
struct Measurements: Sendable {
    private(set) var values: [Double] = []

    mutating func add(_ value: Double) { values.append(value) }

    /// The value at a share of the sorted values, by linear interpolation.
    private func quantile(_ share: Double) -> Double {
        let sorted = values.sorted()
        guard let last = sorted.last else { return .nan }
        let place = share * Double(sorted.count - 1)
        let lower = Int(place)
        guard lower + 1 < sorted.count else { return last }
        return sorted[lower] + (place - Double(lower)) * (sorted[lower + 1] - sorted[lower])
    }

    var median: Double { quantile(0.5) }

    /// Median, ends, and the distance between the quartiles.
    var json: JSONValue {
        [
            "median": .double(median), "min": .double(quantile(0)), "max": .double(quantile(1)),
            "spread": .double(quantile(0.75) - quantile(0.25)),
        ]
    }
}
