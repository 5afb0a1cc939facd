import Glibc

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
            let deviation = (2 / Double(fan)).squareRoot()
            return (0..<shape.count).map { _ in Float(Self.normal(&generator) * deviation) }
        }
    }

    /// A standard normal value (Box & Muller 1958).
    private static func normal(_ generator: inout SplitMix64) -> Double {
        let radius = (-2 * log(1 - generator.uniform())).squareRoot()
        return radius * cos(2 * .pi * generator.uniform())
    }

    /// FNV-1a: Swift's own hashes differ from run to run.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
