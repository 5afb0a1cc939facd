import Glibc

/// A range of values with round numbers to mark.
struct ChartAxis: Sendable, Hashable {
    let low: Double
    let high: Double
    /// From low to high; at least two.
    let ticks: [Double]

    /// The smallest axis with round ends around the values.
    /// - Precondition: at least one value; all finite.
    init(of values: [Double], about count: Int = 5) {
        var (low, high) = (values.min() ?? 0, values.max() ?? 1)
        if low == high { (low, high) = (low - max(low.magnitude, 1) / 2, high + max(high.magnitude, 1) / 2) }
        let step = Self.roundStep((high - low) / Double(count))
        self.low = floor(low / step) * step
        self.high = ceil(high / step) * step
        let intervals = Int(((self.high - self.low) / step).rounded())
        let start = self.low
        ticks = (0...intervals).map { start + Double($0) * step }
    }

    /// Where a value lies: 0 at the low end, 1 at the high one.
    func position(of value: Double) -> Double { (value - low) / (high - low) }

    func text(_ tick: Double) -> String {
        // Sums of steps are not exact: a tick that should be nothing shows as such.
        ShortNumber.text(tick.magnitude < (high - low) * 1e-9 ? 0 : tick)
    }

    /// The smallest of 1, 2, 5 times a power of ten that is not below `size`.
    private static func roundStep(_ size: Double) -> Double {
        let power = pow(10, floor(log10(size)))
        let factor = [1.0, 2, 5].first { $0 * power >= size * (1 - 1e-9) } ?? 10
        return factor * power
    }
}
