import CTensor
import Testing

@testable import Tensor

struct BatchNormCase: Sendable, CustomTestStringConvertible {
    var batch = 3
    var height = 5
    var width = 4
    var channels = 7
    var relu = true
    var residual = false
    var accumulates = false
    /// Added to all inputs: statistics must not lose digits far from 0.
    var offset: Float = 0

    var testDescription: String {
        "\(batch)x\(height)x\(width)x\(channels), relu \(relu), residual \(residual), adds \(accumulates), offset \(offset)"
    }

    var count: Int { batch * height * width * channels }

    static let outputs = [
        "y", "running_mean", "running_variance", "saved", "dx", "dgamma", "dbeta", "dresidual", "eval", "again",
    ]

    static let all = [
        BatchNormCase(), BatchNormCase(relu: false), BatchNormCase(relu: false, residual: true),
        BatchNormCase(channels: 64, residual: true), BatchNormCase(channels: 100, residual: true, accumulates: true),
        BatchNormCase(relu: false, residual: true, accumulates: true),
        BatchNormCase(batch: 7, height: 8, width: 8, channels: 65), BatchNormCase(channels: 33, offset: 100),
    ]

    func input(_ index: Int? = nil, by amount: Float = 0) -> [Float] {
        var values = noise(count, seed: 1).map { $0 * 2 + offset }
        if let index { values[index] += amount }
        return values
    }

    /// The destinations with one of them where dy is: the residual's if it is overwritten, else the input's.
    private func inPlace(_ op: ct_batch_norm) -> (dx: ct_view, dresidual: ct_view) {
        residual && !accumulates ? (op.dx, op.dy) : (op.dy, op.dresidual)
    }

    /// With `places`, one gradient is left in "dy".
    func run(
        on device: Device, x: [Float]? = nil, gamma: [Float]? = nil, places: Bool = false, format: ct_format = CT_F32
    ) throws -> OperationBench {
        let bench = try OperationBench(device)
        var op = ct_batch_norm()
        (op.height, op.width, op.channels) = (Int32(height), Int32(width), Int32(channels))
        (op.epsilon, op.momentum, op.relu) = (1e-5, 0.1, relu ? 1 : 0)
        op.accumulate_dresidual = accumulates ? 1 : 0
        op.format = format
        op.x = try bench.set("x", x ?? input(), as: format)
        op.gamma = try bench.set("gamma", gamma ?? noise(channels, seed: 2))
        op.beta = try bench.set("beta", noise(channels, seed: 3))
        op.running_mean = try bench.set("running_mean", noise(channels, seed: 4))
        op.running_variance = try bench.set("running_variance", noise(channels, seed: 5).map { $0 + 1.5 })
        op.saved = try bench.set("saved", [Float](repeating: 0, count: 2 * channels))
        op.y = try bench.set("y", [Float](repeating: 0, count: count), as: format)
        op.dy = try bench.set("dy", noise(count, seed: 6), as: format)
        op.dx = try bench.set("dx", noise(count, seed: 7), as: format)
        op.dgamma = try bench.set("dgamma", noise(channels, seed: 8))
        op.dbeta = try bench.set("dbeta", noise(channels, seed: 9))
        if residual {
            op.residual = try bench.set("residual", noise(count, seed: 10), as: format)
            op.dresidual = try bench.set("dresidual", noise(count, seed: 11), as: format)
        }
        try bench.run(batch: batch) { ct_program_add_batch_norm($0, CT_FORWARD, &op) }
        if places { (op.dx, op.dresidual) = inPlace(op) }
        try bench.run(batch: batch) { ct_program_add_batch_norm($0, CT_BACKWARD, &op) }
        op.y = try bench.set("again", [Float](repeating: .nan, count: count), as: format)
        try bench.run(batch: batch) { ct_program_add_batch_norm($0, CT_FORWARD_AGAIN, &op) }
        op.y = try bench.set("eval", [Float](repeating: 0, count: count), as: format)
        try bench.run(batch: batch) { ct_program_add_batch_norm($0, CT_FORWARD_EVAL, &op) }
        return bench
    }
}

@Suite struct BatchNormTests {
    @Test(arguments: BatchNormCase.all)
    func agreesWithTheReferenceOnEveryPathAndNumberOfThreads(shape: BatchNormCase) throws {
        let expected = try shape.run(on: .reference)
        // Around 100, x itself is rounded to 4e-6 of the deviation.
        let bound = shape.offset != 0 ? 1e-4 : 5e-6
        for device in Device.tested {
            let actual = try shape.run(on: device)
            for name in BatchNormCase.outputs {
                #expect(difference(try actual.values(name), try expected.values(name)) < bound, "\(name) on \(device)")
            }
        }
    }

    @Test(arguments: BatchNormCase.all)
    func gradientsMayTakeThePlaceOfTheOutputs(shape: BatchNormCase) throws {
        for device in Device.tested + [.reference] {
            let (apart, inPlace) = (try shape.run(on: device), try shape.run(on: device, places: true))
            let moved = shape.residual && !shape.accumulates ? "dresidual" : "dx"
            let other = shape.residual && !shape.accumulates ? "dx" : "dresidual"
            #expect(try inPlace.values("dy") == apart.values(moved))
            #expect(try inPlace.values(other) == apart.values(other))
            #expect(try inPlace.values("dgamma") == apart.values("dgamma"))
        }
    }

    @Test func bitsDoNotDependOnTheNumberOfThreads() throws {
        let shape = BatchNormCase(batch: 7, height: 8, width: 8, channels: 65, residual: true)
        let one = try shape.run(on: .cpu(threads: 1))
        for threads in [2, 3, 5] {
            let many = try shape.run(on: .cpu(threads: threads))
            for name in BatchNormCase.outputs { #expect(try many.values(name) == one.values(name), "\(name)") }
        }
    }

    @Test func singleValuePerChannelIsItsOwnMean() throws {
        let shape = BatchNormCase(batch: 1, height: 1, width: 1, relu: false)
        for device in Device.tested {
            let bench = try shape.run(on: device)
            // The output is beta and the gradient 0; 1 / sqrt(epsilon) = 316 magnifies the rounding of x.
            #expect(difference(try bench.values("y"), try bench.values("beta")) < 1e-4)
            #expect(try bench.values("dx").allSatisfy { abs($0) < 1e-4 })
            #expect(try bench.values("running_variance").allSatisfy(\.isFinite))
        }
    }

    @Test func outputHasMeanBetaAndDeviationGamma() throws {
        let shape = BatchNormCase(batch: 20, channels: 2, relu: false)
        let bench = try shape.run(on: .cpu(threads: 1))
        let (y, gamma, beta) = (try bench.values("y"), try bench.values("gamma"), try bench.values("beta"))
        for channel in 0..<2 {
            let values = stride(from: channel, to: y.count, by: 2).map { Double(y[$0]) }
            let mean = values.reduce(0, +) / Double(values.count)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
            #expect(abs(mean - Double(beta[channel])) < 1e-5)
            #expect(abs(variance.squareRoot() - Double(abs(gamma[channel]))) < 1e-4)
        }
    }

    @Test(arguments: [false, true])
    func gradientsAreThoseOfFiniteDifferences(relu: Bool) throws {
        let shape = BatchNormCase(relu: relu, residual: true)
        let bench = try shape.run(on: .reference)
        let (dy, dx, dgamma) = (try bench.values("dy"), try bench.values("dx"), try bench.values("dgamma"))
        let step: Float = 1e-2
        var generator = SplitMix64(seed: 2)
        for _ in 0..<12 {
            let index = Int.random(in: 0..<shape.count, using: &generator)
            let up = try shape.run(on: .reference, x: shape.input(index, by: step)).values("y")
            let down = try shape.run(on: .reference, x: shape.input(index, by: -step)).values("y")
            guard sameSigns(up, down) else { continue }
            #expect(abs((dot(up, dy) - dot(down, dy)) / Double(2 * step) - Double(dx[index])) < 2e-4)
        }
        var gamma = noise(shape.channels, seed: 2)
        gamma[3] += step
        let up = try shape.run(on: .reference, gamma: gamma).values("y")
        gamma[3] -= 2 * step
        let down = try shape.run(on: .reference, gamma: gamma).values("y")
        guard sameSigns(up, down) else { return }
        #expect(abs((dot(up, dy) - dot(down, dy)) / Double(2 * step) - Double(dgamma[3])) < 2e-4)
    }

    /// Whether no element crosses the kink of the ReLU.
    private func sameSigns(_ first: [Float], _ second: [Float]) -> Bool {
        zip(first, second).allSatisfy { ($0 > 0) == ($1 > 0) && ($0 < 0) == ($1 < 0) }
    }
}
