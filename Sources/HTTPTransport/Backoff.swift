/// The delays between attempts: each grows by `multiplier` up to `maximum`, and is then drawn between half of that and
/// the whole, so that many clients do not come back at once. The sequence ends after `retries` delays.
package struct Backoff: Sequence, IteratorProtocol, Sendable {
    private var upcoming: Duration
    private let multiplier: Double
    private let maximum: Duration
    private var remaining: Int
    private var random: SplitMix64

    package init(
        initial: Duration = .milliseconds(500), multiplier: Double = 2, maximum: Duration = .seconds(30),
        retries: Int = 6, seed: UInt64
    ) {
        upcoming = initial
        self.multiplier = multiplier
        self.maximum = maximum
        remaining = retries
        random = SplitMix64(seed: seed)
    }

    package mutating func next() -> Duration? {
        guard remaining > 0 else { return nil }
        remaining -= 1
        defer { upcoming = Swift.min(maximum, upcoming * multiplier) }
        return Swift.min(maximum, upcoming) * Double.random(in: 0.5...1, using: &random)
    }
}

/// A small seeded generator (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
