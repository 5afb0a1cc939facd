/// A seeded generator whose streams are found by numbers: the same numbers give the same stream, whatever was drawn
/// elsewhere before. SplitMix64 (Steele, Lea and Flood, 2014).
struct StageRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64, _ stream: UInt64...) {
        state = stream.reduce(Self.mixed(seed &+ 0x9E37_79B9_7F4A_7C15)) { Self.mixed($0 ^ Self.mixed($1 &+ 1)) }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mixed(state)
    }

    /// Uniform in 0..<1, with 24 bits: exact in a float.
    mutating func unit() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// Near the standard normal distribution: the sum of four uniform numbers, scaled to deviation one.
    mutating func normal() -> Float {
        let word = next()
        let sum = (word & 0xFFFF) + (word >> 16 & 0xFFFF) + (word >> 32 & 0xFFFF) + (word >> 48)
        // Four uniform numbers have the variance 4/12.
        return (Float(sum) * 0x1p-16 - 2) * 1.732_050_8
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
