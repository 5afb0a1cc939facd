import Glibc

/// The learning rate as a function of the step, which counts from 0.
public enum Schedule: Sendable, Hashable {
    case constant(Float)
    /// Times `factor` after each `every` steps.
    case step(initial: Float, every: Int, factor: Float)
    /// Linear over `warmup` steps, from peak / `warmup` at step 0 to the peak at the last of them, then half a cosine
    /// from the peak at step `warmup` to 0 at `steps`.
    case cosine(peak: Float, steps: Int, warmup: Int = 0)
    /// Up from peak / `divisor` over the share `rise` of the steps, then down to peak / `divisor` / `finalDivisor`,
    /// both along a cosine (Smith & Topin 2018); the same numbers as PyTorch's `OneCycleLR`.
    case oneCycle(peak: Float, steps: Int, rise: Float = 0.3, divisor: Float = 25, finalDivisor: Float = 10_000)

    /// The rate of step `step`, which is not negative. After the end of a cosine or of one cycle it stays at the last
    /// value.
    public func learningRate(at step: Int) -> Float {
        switch self {
        case .constant(let rate):
            return rate
        case .step(let initial, let every, let factor):
            return initial * Float(pow(Double(factor), Double(step / max(every, 1))))
        case .cosine(let peak, let steps, let warmup):
            if step < warmup { return peak * Float(step + 1) / Float(warmup) }
            let share = Double(min(step, steps) - warmup) / Double(max(steps - warmup, 1))
            return Self.between(peak, 0, share)
        case .oneCycle(let peak, let steps, let rise, let divisor, let finalDivisor):
            let top = Double(rise) * Double(steps) - 1
            let last = Double(max(steps - 1, 1))
            let at = min(Double(step), last)
            let start = peak / divisor
            if at <= top { return Self.between(start, peak, top > 0 ? at / top : 1) }
            return Self.between(peak, start / finalDivisor, (at - top) / max(last - top, 1))
        }
    }

    /// From `start` at share 0 to `end` at 1 along half a cosine.
    private static func between(_ start: Float, _ end: Float, _ share: Double) -> Float {
        let (first, second) = (Double(start), Double(end))
        return Float(second + (first - second) / 2 * (1 + cos(.pi * share)))
    }
}
