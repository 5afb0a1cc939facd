import CTensor
import Testing

@testable import Tensor

/// Linear layers, activations, pooling, the loss, the image input and the optimizers.
@Suite struct SmallOperationTests {
    private func compare(
        _ names: [String], within bound: Double = 2e-6, _ run: (Device) throws -> OperationBench
    ) throws {
        let expected = try run(.reference)
        for device in Device.tested {
            let actual = try run(device)
            for name in names {
                #expect(difference(try actual.values(name), try expected.values(name)) < bound, "\(name) on \(device)")
            }
        }
    }

    struct LinearCase: Sendable {
        let batch, input, output: Int
        let accumulates: Bool
    }

    @Test(arguments: [
        LinearCase(batch: 1, input: 1, output: 1, accumulates: false),
        LinearCase(batch: 5, input: 7, output: 3, accumulates: true),
        LinearCase(batch: 64, input: 512, output: 100, accumulates: false),
        LinearCase(batch: 130, input: 1500, output: 33, accumulates: true),
    ])
    func linearAgreesWithTheReference(shape: LinearCase) throws {
        try compare(["y", "dx", "dweight", "dbias"]) { device in
            let bench = try OperationBench(device)
            var op = ct_linear()
            (op.in_features, op.out_features) = (Int32(shape.input), Int32(shape.output))
            op.accumulate_dx = shape.accumulates ? 1 : 0
            op.x = try bench.set("x", noise(shape.batch * shape.input, seed: 1))
            op.weight = try bench.set("weight", noise(shape.input * shape.output, seed: 2))
            op.bias = try bench.set("bias", noise(shape.output, seed: 3))
            op.y = try bench.set("y", noise(shape.batch * shape.output, seed: 4))
            op.dy = try bench.set("dy", noise(shape.batch * shape.output, seed: 5))
            op.dx = try bench.set("dx", noise(shape.batch * shape.input, seed: 6))
            op.dweight = try bench.set("dweight", noise(shape.input * shape.output, seed: 7))
            op.dbias = try bench.set("dbias", noise(shape.output, seed: 8))
            for pass in [CT_FORWARD, CT_BACKWARD, CT_BACKWARD_WEIGHTS] {
                try bench.run(batch: shape.batch) { ct_program_add_linear($0, pass, &op) }
            }
            return bench
        }
    }

    @Test func linearMultipliesAndAdds() throws {
        let bench = try OperationBench(.cpu(threads: 1))
        var op = ct_linear()
        (op.in_features, op.out_features) = (2, 3)
        op.x = try bench.set("x", [1, 2])
        op.weight = try bench.set("weight", [1, 10, 2, 20, 3, 30])
        op.bias = try bench.set("bias", [0.5, 0.25, 0])
        op.y = try bench.set("y", [0, 0, 0])
        try bench.run(batch: 1) { ct_program_add_linear($0, CT_FORWARD, &op) }
        #expect(try bench.values("y") == [21.5, 42.25, 63])
    }

    @Test(arguments: [false, true])
    func reluAgreesWithTheReference(accumulates: Bool) throws {
        try compare(["y", "dx"]) { device in
            let bench = try OperationBench(device)
            var op = ct_relu()
            (op.elements, op.accumulate_dx) = (101, accumulates ? 1 : 0)
            op.x = try bench.set("x", noise(303, seed: 1))
            op.y = try bench.set("y", noise(303, seed: 2))
            op.dx = try bench.set("dx", noise(303, seed: 3))
            op.dy = try bench.set("dy", noise(303, seed: 4))
            try bench.run(batch: 3) { ct_program_add_relu($0, CT_FORWARD, &op) }
            try bench.run(batch: 3) { ct_program_add_relu($0, CT_BACKWARD, &op) }
            return bench
        }
    }

    @Test(arguments: [Device.reference, .cpu(threads: 2)])
    func maxPoolTakesTheLargestAndGivesItTheGradient(device: Device) throws {
        let bench = try OperationBench(device)
        var op = ct_max_pool()
        (op.height, op.width, op.channels, op.size) = (2, 5, 1, 2)
        op.x = try bench.set("x", [1, 4, 7, 7, 9, 3, 2, 7, -1, 9])
        op.y = try bench.set("y", [0, 0])
        op.dy = try bench.set("dy", [10, 20])
        op.dx = try bench.set("dx", noise(10, seed: 1))
        try bench.run(batch: 1) { ct_program_add_max_pool($0, CT_FORWARD, &op) }
        try bench.run(batch: 1) { ct_program_add_max_pool($0, CT_BACKWARD, &op) }
        #expect(try bench.values("y") == [4, 7])
        #expect(try bench.values("dx") == [0, 10, 20, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test(arguments: [Device.reference, .cpu(threads: 2)])
    func averagePoolIsTheMeanOfEachChannel(device: Device) throws {
        let bench = try OperationBench(device)
        var op = ct_average_pool()
        (op.height, op.width, op.channels) = (1, 2, 2)
        op.x = try bench.set("x", [1, 10, 3, 30])
        op.y = try bench.set("y", [0, 0])
        op.dy = try bench.set("dy", [4, 6])
        op.dx = try bench.set("dx", [0, 0, 0, 0])
        try bench.run(batch: 1) { ct_program_add_average_pool($0, CT_FORWARD, &op) }
        try bench.run(batch: 1) { ct_program_add_average_pool($0, CT_BACKWARD, &op) }
        #expect(try bench.values("y") == [2, 20])
        #expect(try bench.values("dx") == [2, 3, 2, 3])
    }

    private func crossEntropy(_ logits: [Float], _ labels: [Int32], smoothing: Float) throws -> OperationBench {
        let bench = try OperationBench(.cpu(threads: 1))
        var op = ct_cross_entropy()
        (op.classes, op.smoothing) = (Int32(logits.count / labels.count), smoothing)
        op.logits = try bench.set("logits", logits)
        op.labels = try bench.set("labels", integers: labels)
        op.loss = try bench.set("loss", [0])
        op.dlogits = try bench.set("dlogits", [Float](repeating: 0, count: logits.count))
        try bench.run(batch: labels.count) { ct_program_add_cross_entropy($0, &op) }
        return bench
    }

    @Test func crossEntropyOfEqualScoresIsTheLogarithmOfTheClasses() throws {
        let bench = try crossEntropy([Float](repeating: 700, count: 8), [1, 3], smoothing: 0)
        #expect(abs(try bench.values("loss")[0] - 1.386_294_4) < 1e-6)
        #expect(try bench.values("dlogits") == [0.125, -0.375, 0.125, 0.125, 0.125, 0.125, 0.125, -0.375])
    }

    @Test(arguments: [0, 0.1] as [Float])
    func crossEntropyGradientIsThatOfFiniteDifferences(smoothing: Float) throws {
        let logits = noise(15, seed: 4).map { $0 * 3 }
        let labels: [Int32] = [4, 0, 2]
        let gradient = try crossEntropy(logits, labels, smoothing: smoothing).values("dlogits")
        for index in logits.indices {
            func loss(_ amount: Float) throws -> Double {
                var moved = logits
                moved[index] += amount
                return Double(try crossEntropy(moved, labels, smoothing: smoothing).values("loss")[0])
            }
            let slope = (try loss(0.03) - loss(-0.03)) / 0.06
            #expect(abs(slope - Double(gradient[index])) < 5e-5)
        }
    }

    @Test func imagesAreMovedFlippedAndNormalised() throws {
        try compare(["y"]) { device in try imageInput(device, placement: [0, 0, 0, 2, -3, 1, -2, 1, 0]) }
        let plain = try imageInput(.cpu(threads: 1), placement: [0, 0, 0, 0, 0, 1, 1, 0, 0])
        let y = try plain.values("y")
        let bytes = imageBytes
        func value(_ byte: UInt8, _ channel: Int) -> Float { (Float(byte) / 255 - 0.5) / (channel == 0 ? 0.25 : 0.5) }
        // Image 0 as it is: pixel (1, 2) of both planes. Image 1 flipped. Image 2 one row up: its last row is black.
        #expect(abs(y[(1 * 5 + 2) * 2] - value(bytes[7], 0)) < 1e-6)
        #expect(abs(y[(1 * 5 + 2) * 2 + 1] - value(bytes[20 + 7], 1)) < 1e-6)
        #expect(abs(y[40 + 0] - value(bytes[40 + 4], 0)) < 1e-6)
        #expect(abs(y[80 + 0] - value(bytes[80 + 5], 0)) < 1e-6)
        #expect(y[80 + 3 * 10] == -2)
    }

    private var imageBytes: [UInt8] {
        var generator = SplitMix64(seed: 3)
        return (0..<120).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }

    /// Three images of 4 x 5 with two channels.
    @Test func squaresAreCutOutAsFarAsTheyLieInside() throws {
        let places: [Int32] = [-1, 0, 3, 4, 9, 9]
        try compare(["y"]) { device in
            try imageInput(device, placement: [0, 0, 0, 2, -3, 1, -2, 1, 0], cutout: places)
        }
    }

    private func imageInput(_ device: Device, placement: [Int32], cutout: [Int32]? = nil) throws -> OperationBench {
        let bench = try OperationBench(device)
        var op = ct_image_input()
        (op.channels, op.height, op.width) = (2, 4, 5)
        (op.mean, op.deviation) = ((0.5, 0.5, 0, 0), (0.25, 0.5, 1, 1))
        op.rows = try bench.set("rows", bytes: imageBytes)
        op.placement = try bench.set("placement", integers: placement)
        if let cutout { (op.cutout, op.cutout_size) = (try bench.set("cutout", integers: cutout), 3) }
        op.y = try bench.set("y", noise(120, seed: 1))
        try bench.run(batch: 3) { ct_program_add_image_input($0, &op) }
        return bench
    }

    @Test(arguments: [false, true])
    func sgdAgreesWithTheReference(nesterov: Bool) throws {
        try compare(["parameter", "velocity"], within: 5e-7) { device in
            let bench = try OperationBench(device)
            let parameter = try bench.set("parameter", noise(1003, seed: 1))
            let gradient = try bench.set("gradient", noise(1003, seed: 2))
            let velocity = try bench.set("velocity", noise(1003, seed: 3))
            let hyper = try bench.set("hyper", [0.1, 0, 0, 0])
            var op = ct_sgd(
                elements: 1003, momentum: 0.9, weight_decay: 0.01, nesterov: nesterov ? 1 : 0, parameter: parameter,
                gradient: gradient, velocity: velocity, hyper: hyper)
            try bench.run(batch: 1) { ct_program_add_sgd($0, &op) }
            return bench
        }
    }

    @Test func adamWAgreesWithTheReference() throws {
        try compare(["parameter", "first", "second"], within: 5e-7) { device in
            let bench = try OperationBench(device)
            let parameter = try bench.set("parameter", noise(1003, seed: 1))
            let gradient = try bench.set("gradient", noise(1003, seed: 2))
            let first = try bench.set("first", noise(1003, seed: 3))
            let second = try bench.set("second", noise(1003, seed: 4).map { abs($0) })
            let hyper = try bench.set("hyper", [0.01, 0.19, 0.045, 0])
            var op = ct_adamw(
                elements: 1003, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.01, parameter: parameter,
                gradient: gradient, first_moment: first, second_moment: second, hyper: hyper)
            try bench.run(batch: 1) { ct_program_add_adamw($0, &op) }
            return bench
        }
    }

    @Test func firstSGDStepMovesAgainstTheGradient() throws {
        let bench = try OperationBench(.cpu(threads: 1))
        var op = ct_sgd(
            elements: 2, momentum: 0.5, weight_decay: 0, nesterov: 1, parameter: try bench.set("parameter", [1, 2]),
            gradient: try bench.set("gradient", [2, -4]), velocity: try bench.set("velocity", [0, 0]),
            hyper: try bench.set("hyper", [0.25, 0, 0, 0]))
        try bench.run(batch: 1) { ct_program_add_sgd($0, &op) }
        // g + 0.5 * g = 3 and -6, times 0.25.
        #expect(try bench.values("parameter") == [0.25, 3.5])
    }
}
