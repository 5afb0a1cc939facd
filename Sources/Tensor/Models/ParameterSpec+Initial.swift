import CTensor

extension ParameterSpec {
    /// The first values. Each parameter has a stream of its own, so a model's values do not depend on the order of its
    /// layers.
    func initialValues(seed: UInt64) -> [Float] {
        var generator = SplitMix64(seed: seed, Self.hash(name))
        switch initializer {
        case .constant(let value):
            return [Float](repeating: value, count: shape.count)
        case .uniform(let bound):
            return (0..<shape.count).map { _ in Float(2 * generator.uniform() - 1) * bound }
        case .kaimingNormal(let fan):
            return Self.normals(shape.count, state: generator.next(), deviation: (2 / Float(fan)).squareRoot())
        }
    }

    private static func normals(_ count: Int, state: UInt64, deviation: Float) -> [Float] {
        [Float](unsafeUninitializedCapacity: count) { values, initialized in
            if let address = values.baseAddress { ct_random_normal(address, Int64(count), state, deviation) }
            initialized = count
        }
    }

    /// FNV-1a: Swift's own hashes differ from run to run.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
