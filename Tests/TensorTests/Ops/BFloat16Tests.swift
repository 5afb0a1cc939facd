import CTensor
import Testing

@testable import Tensor

/// Operations on activations in bf16. Where both sides round the same number the results differ by at most one unit in
/// the last place, 2^-7 of the largest value; products of halves add the error of 11 bits, which Winograd's transforms
/// enlarge.
@Suite struct BFloat16Tests {
    private static let unit = 0x1p-7

    private static func bound(_ shape: ConvolutionCase, _ name: String) -> Double {
        let mayMultiplyHalves = shape.input % 32 == 0 && shape.output % 32 == 0
        let halves = !mayMultiplyHalves ? shape.bound : shape.kernel == 3 && shape.stride == 1 ? 8e-3 : 2.5e-3
        return name == "dweight" || name == "moments" ? halves : halves + unit
    }

    @Test(arguments: ConvolutionCase.all)
    func convolutionsAgreeWithTheReference(shape: ConvolutionCase) throws {
        for accumulates in [false, true] {
            let expected = try shape.run(on: .reference, accumulate: accumulates, format: CT_BF16)
            for device in Device.tested {
                let actual = try shape.run(on: device, accumulate: accumulates, format: CT_BF16)
                for name in ["y", "dx", "dweight"] {
                    let error = difference(try actual.values(name), try expected.values(name))
                    #expect(error < Self.bound(shape, name), "\(name) on \(device)")
                }
                let moments = difference(try actual.values("moments"), try expected.values("moments"))
                #expect(moments < Self.bound(shape, "moments") + Self.unit, "moments on \(device)")
            }
        }
    }

    @Test(arguments: [
        ConvolutionCase.all[3], ConvolutionCase.all[10], ConvolutionCase.all[16], ConvolutionCase.all[17],
        ConvolutionCase.all[18], ConvolutionCase.all[19],
    ])
    func bitsDoNotDependOnTheNumberOfThreads(shape: ConvolutionCase) throws {
        let one = try shape.run(on: .cpu(threads: 1), format: CT_BF16)
        for threads in [2, 3, 5] {
            let many = try shape.run(on: .cpu(threads: threads), format: CT_BF16)
            for name in ["y", "moments", "dx", "dweight"] {
                #expect(try many.values(name) == one.values(name), "\(name) with \(threads) threads")
            }
        }
    }

    /// Few tiles and few columns for many threads: once, two threads counted the rows of the same piece.
    @Test func momentsAreCountedByOneThread() throws {
        let shape = ConvolutionCase(3, 9, 8, 64, 64, k: 3, s: 1, p: 1)
        let one = try shape.run(on: .cpu(threads: 1), format: CT_BF16).values("moments")
        for _ in 0..<100 {
            #expect(try shape.run(on: .cpu(threads: 5), format: CT_BF16).values("moments") == one)
        }
    }

    /// Halves have little range, so operands are scaled by powers of two: a gradient that is 2^-60 times as large gives
    /// the same bits 2^-60 times as large.
    @Test(arguments: [0x1p-60, 0x1p40] as [Float])
    func smallAndLargeGradientsLoseNothing(scale: Float) throws {
        let shape = ConvolutionCase(3, 6, 5, 64, 64, k: 3, s: 1, p: 1)
        for device in Device.tested {
            let plain = try shape.run(on: device, format: CT_BF16)
            let scaled = try shape.run(on: device, format: CT_BF16, dyScale: scale)
            #expect(try scaled.values("dx") == plain.values("dx").map { $0 * scale })
            #expect(try scaled.values("dweight") == plain.values("dweight").map { $0 * scale })
        }
    }

    /// Signs that make all terms of a transformed input meet, and of all products: the largest sums there can be, of which
    /// the convolution itself cancels most. A sum beyond the range of halves would come out as infinite.
    @Test func largestSumsDoNotOverflow() throws {
        let shape = ConvolutionCase(1, 8, 8, 64, 64, k: 3, s: 1, p: 1)
        let largest: Float = 1.9921875
        func sign(_ position: Int) -> Float { position % 4 < 2 ? -1 : 1 }
        let x = (0..<shape.inputCount).map { index in
            let pixel = index / shape.input
            return largest * sign(pixel / shape.width) * sign(pixel % shape.width)
        }
        let weight = [Float](repeating: largest, count: shape.weightCount)
        let expected = try shape.run(on: .reference, format: CT_BF16, x: x, weight: weight).values("y")
        for device in Device.tested {
            let actual = try shape.run(on: device, format: CT_BF16, x: x, weight: weight).values("y")
            #expect(difference(actual, expected) < 0.2, "\(device)")
        }
    }

    /// A loss that is no number has to come out as one.
    @Test func whatIsNotANumberStaysSo() throws {
        let shape = ConvolutionCase(1, 4, 4, 64, 64, k: 3, s: 1, p: 1)
        for value in [Float.nan, .infinity] {
            var x = noise(shape.inputCount, seed: 1)
            x[5 * shape.input + 3] = value
            for device in Device.tested {
                let y = try shape.run(on: device, format: CT_BF16, x: x).values("y")
                #expect(y[0..<shape.output].allSatisfy { !$0.isFinite }, "\(device)")
            }
        }
    }

    /// Without the values far from 0, whose distances have few digits left in bf16.
    @Test(arguments: BatchNormCase.all.filter { $0.offset == 0 })
    func batchNormalisationAgreesWithTheReference(shape: BatchNormCase) throws {
        let expected = try shape.run(on: .reference, format: CT_BF16)
        for device in Device.tested {
            for places in [false, true] {
                let actual = try shape.run(on: device, places: places, format: CT_BF16)
                for name in ["y", "running_mean", "running_variance", "saved", "dgamma", "dbeta", "eval", "again"] {
                    let error = difference(try actual.values(name), try expected.values(name))
                    #expect(error < 5e-6 + Self.unit, "\(name) on \(device)")
                }
                let gradients = places ? "dy" : shape.residual && !shape.accumulates ? "dresidual" : "dx"
                let other = shape.residual && !shape.accumulates ? "dresidual" : "dx"
                let error = difference(try actual.values(gradients), try expected.values(other))
                #expect(error < 5e-6 + Self.unit, "\(gradients) on \(device)")
            }
        }
    }

    /// y = x + residual exactly, so what is left is how a sum is stored: to nearest, ties to even.
    @Test(arguments: Device.tested + [.reference])
    func sumsAreRoundedToNearestEven(device: Device) throws {
        let cases: [(x: Float, residual: Float, sum: Float)] = [
            (1, 0x1p-8, 1), (1 + 0x1p-7, 0x1p-8, 1 + 0x1p-6), (1, 0x1.8p-8, 1 + 0x1p-7), (-1, -0x1p-8, -1),
            (0x1.FEp127, 0x1p119, .infinity), (0x1.FEp127, 0x1p118, 0x1.FEp127), (0x1p-126, 0x1p-126, 0x1p-125),
            (.infinity, 1, .infinity), (.nan, 1, .nan), (.infinity, -.infinity, .nan), (3, -3, 0),
        ]
        let bench = try OperationBench(device)
        let channels = 37
        let picked = (0..<2 * channels).map { cases[$0 % cases.count] }
        var op = ct_batch_norm()
        (op.height, op.width, op.channels, op.format) = (1, 1, Int32(channels), CT_BF16)
        op.epsilon = 0.5
        op.x = try bench.set("x", picked.map(\.x), as: CT_BF16)
        op.residual = try bench.set("residual", picked.map(\.residual), as: CT_BF16)
        op.y = try bench.set("y", [Float](repeating: 7, count: 2 * channels), as: CT_BF16)
        op.gamma = try bench.set("gamma", [Float](repeating: 1, count: channels))
        op.beta = try bench.set("beta", [Float](repeating: 0, count: channels))
        op.running_mean = try bench.set("mean", [Float](repeating: 0, count: channels))
        op.running_variance = try bench.set("variance", [Float](repeating: 0.5, count: channels))
        try bench.run(batch: 2) { ct_program_add_batch_norm($0, CT_FORWARD_EVAL, &op) }
        for (actual, expected) in zip(try bench.values("y"), picked.map(\.sum)) {
            #expect(actual == expected || (actual.isNaN && expected.isNaN))
        }
    }

    /// Class scores stay f32, hidden features do not; 64 and 128 features may go by products of halves.
    @Test(arguments: [(7, 33, 10), (40, 64, 128), (3, 512, 100)], [CT_F32, CT_BF16])
    func linearAgreesWithTheReference(shape: (batch: Int, input: Int, output: Int), results: ct_format) throws {
        func run(_ device: Device) throws -> OperationBench {
            let bench = try OperationBench(device)
            let (inputs, outputs) = (shape.batch * shape.input, shape.batch * shape.output)
            var op = ct_linear()
            (op.in_features, op.out_features) = (Int32(shape.input), Int32(shape.output))
            (op.format, op.result_format) = (CT_BF16, results)
            op.x = try bench.set("x", noise(inputs, seed: 1), as: CT_BF16)
            op.weight = try bench.set("weight", noise(shape.input * shape.output, seed: 2))
            op.bias = try bench.set("bias", noise(shape.output, seed: 3))
            op.y = try bench.set("y", noise(outputs, seed: 4), as: results)
            op.dy = try bench.set("dy", noise(outputs, seed: 5), as: results)
            op.dx = try bench.set("dx", noise(inputs, seed: 6), as: CT_BF16)
            op.dweight = try bench.set("dweight", noise(shape.input * shape.output, seed: 7))
            op.dbias = try bench.set("dbias", noise(shape.output, seed: 8))
            for pass in [CT_FORWARD, CT_BACKWARD, CT_BACKWARD_WEIGHTS] {
                try bench.run(batch: shape.batch) { ct_program_add_linear($0, pass, &op) }
            }
            return bench
        }
        let expected = try run(.reference)
        for device in Device.tested {
            let actual = try run(device)
            for name in ["y", "dx", "dweight", "dbias"] {
                let error = difference(try actual.values(name), try expected.values(name))
                #expect(error < (name == "dweight" || name == "dbias" ? 2.5e-3 : Self.unit + 2e-6), "\(name) on \(device)")
            }
        }
    }

    @Test(arguments: [false, true])
    func reluAgreesWithTheReference(accumulates: Bool) throws {
        func run(_ device: Device) throws -> OperationBench {
            let bench = try OperationBench(device)
            var op = ct_relu()
            (op.elements, op.accumulate_dx, op.format) = (101, accumulates ? 1 : 0, CT_BF16)
            op.x = try bench.set("x", noise(303, seed: 1), as: CT_BF16)
            op.y = try bench.set("y", noise(303, seed: 2), as: CT_BF16)
            op.dx = try bench.set("dx", noise(303, seed: 3), as: CT_BF16)
            op.dy = try bench.set("dy", noise(303, seed: 4), as: CT_BF16)
            try bench.run(batch: 3) { ct_program_add_relu($0, CT_FORWARD, &op) }
            try bench.run(batch: 3) { ct_program_add_relu($0, CT_BACKWARD, &op) }
            return bench
        }
        let expected = try run(.reference)
        for device in Device.tested {
            let actual = try run(device)
            #expect(try actual.values("y") == expected.values("y"))
            #expect(try actual.values("dx") == expected.values("dx"))
        }
    }

    @Test func imagesAreTheRoundedOnes() throws {
        func run(_ device: Device, _ format: ct_format) throws -> [Float] {
            let bench = try OperationBench(device)
            var op = ct_image_input()
            (op.channels, op.height, op.width, op.format) = (2, 4, 5, format)
            (op.mean, op.deviation) = ((0.5, 0.5, 0, 0), (0.25, 0.5, 1, 1))
            op.rows = try bench.set("rows", bytes: (0..<120).map { UInt8($0 * 2) })
            op.cutout = try bench.set("cutout", integers: [-1, 0, 3, 4, 9, 9])
            op.cutout_size = 3
            op.y = try bench.set("y", noise(120, seed: 1), as: format)
            try bench.run(batch: 3) { ct_program_add_image_input($0, &op) }
            return try bench.values("y")
        }
        for device in Device.tested + [.reference] {
            #expect(try run(device, CT_BF16) == run(device, CT_F32).map(\.roundedToBFloat16))
        }
    }

    @Test func operandsAreMeasuredInTheirFormat() throws {
        let bench = try OperationBench(.cpu(threads: 1))
        var op = ct_relu()
        (op.elements, op.format) = (32, CT_BF16)
        op.x = try bench.set("x", [Float](repeating: 1, count: 32), as: CT_BF16)
        op.y = try bench.set("y", [Float](repeating: 1, count: 32), as: CT_BF16)
        try bench.run(batch: 1) { ct_program_add_relu($0, CT_FORWARD, &op) }
        op.format = CT_F32
        #expect(throws: TensorError.self) { try bench.run(batch: 1) { ct_program_add_relu($0, CT_FORWARD, &op) } }
    }
}
