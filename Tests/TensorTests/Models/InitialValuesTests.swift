import CTensor
import Testing

@testable import Tensor

/// The random numbers that a model begins with.
struct InitialValuesTests {
    private static let count = 1_000_000

    private static func normals(_ state: UInt64, _ deviation: Float = 1) -> [Float] {
        var values = [Float](repeating: .nan, count: count)
        ct_random_normal(&values, Int64(count), state, deviation)
        return values
    }

    /// Moments of a million draws; a sample leaves these bounds once in a million seeds.
    @Test(arguments: [0, 1, 0xDEAD_BEEF] as [UInt64])
    func momentsAreThoseOfTheNormalDistribution(state: UInt64) {
        let values = Self.normals(state).map(Double.init)
        func moment(_ power: Int) -> Double {
            values.reduce(0) { sum, value in sum + (0..<power).reduce(1) { product, _ in product * value } }
                / Double(Self.count)
        }
        #expect(abs(moment(1)) < 0.005)
        #expect(abs(moment(2) - 1) < 0.008)
        #expect(abs(moment(3)) < 0.02)
        #expect(abs(moment(4) - 3) < 0.05)
    }

    /// Shares of the values within bounds, those of the tail (beyond 3.44) too: the ziggurat's own joints would show.
    @Test(arguments: [(0.1, 0.0796557), (0.5, 0.3829249), (1, 0.6826895), (2, 0.9544997), (3.4426199, 0.9994240)])
    func sharesAreThoseOfTheNormalDistribution(bound: Double, share: Double) {
        let values = Self.normals(7)
        let inside = values.count { abs(Double($0)) < bound }
        let error = (share * (1 - share) / Double(Self.count)).squareRoot()
        #expect(abs(Double(inside) / Double(Self.count) - share) < 5 * error)
        let below = values.count { $0 < 0 }
        #expect(abs(below - Self.count / 2) < 2_500)
    }

    @Test func theSameStateGivesTheSameValues() {
        #expect(Self.normals(3) == Self.normals(3))
        #expect(Self.normals(3) != Self.normals(4))
        #expect(Self.normals(3, 2) == Self.normals(3).map { $0 * 2 })
    }

    @Test func deviationFollowsTheFan() throws {
        let spec = ParameterSpec(
            name: "conv1.weight", shape: [64, 64, 3, 3], role: .weight, initializer: .kaimingNormal(fan: 576))
        let values = spec.initialValues(seed: 1)
        let square = values.reduce(0) { $0 + $1 * $1 } / Float(values.count)
        #expect(abs(square.squareRoot() - Float(2.0 / 576).squareRoot()) < 0.001)
    }
}
