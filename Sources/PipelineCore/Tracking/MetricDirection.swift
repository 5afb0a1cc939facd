/// Which way a metric gets better.
package enum MetricDirection: Sendable, Hashable {
    case smaller, larger

    /// A loss or an error is better when it is smaller, everything else when it is larger.
    package init(of name: String) { self = name.hasSuffix("loss") || name.hasSuffix("error") ? .smaller : .larger }

    /// Whether `candidate` is better than `best`; what is not a number is never better, and worse than any number.
    package func isBetter(_ candidate: Double, than best: Double) -> Bool {
        if candidate.isNaN { return false }
        if best.isNaN { return true }
        return self == .smaller ? candidate < best : candidate > best
    }
}
