import CTensor
import Testing

@testable import Tensor

struct ConvolutionCase: Sendable, CustomTestStringConvertible {
    let batch, height, width, input, output, kernel, stride, padding: Int

    init(_ batch: Int, _ height: Int, _ width: Int, _ input: Int, _ output: Int, k: Int, s: Int, p: Int) {
        (self.batch, self.height, self.width, self.input, self.output) = (batch, height, width, input, output)
        (kernel, stride, padding) = (k, s, p)
    }

    var testDescription: String {
        "\(batch)x\(height)x\(width)x\(input) to \(output), kernel \(kernel), stride \(stride), padding \(padding)"
    }

    var outHeight: Int { (height + 2 * padding - kernel) / stride + 1 }
    var outWidth: Int { (width + 2 * padding - kernel) / stride + 1 }
    var inputCount: Int { batch * height * width * input }
    var outputCount: Int { batch * outHeight * outWidth * output }
    var weightCount: Int { output * input * kernel * kernel }

    /// All passes on `device`, from the same values; `accumulate` adds the input's gradient to values that are there.
    func run(
        on device: Device, accumulate: Bool = false, format: ct_format = CT_F32, x: [Float]? = nil,
        weight: [Float]? = nil, dyScale: Float = 1
    ) throws -> OperationBench {
        let bench = try OperationBench(device)
        var op = ct_conv2d()
        (op.in_height, op.in_width) = (Int32(height), Int32(width))
        (op.in_channels, op.out_channels) = (Int32(input), Int32(output))
        (op.kernel, op.stride, op.padding) = (Int32(kernel), Int32(stride), Int32(padding))
        op.accumulate_dx = accumulate ? 1 : 0
        op.format = format
        op.x = try bench.set("x", x ?? noise(inputCount, seed: 1), as: format)
        op.weight = try bench.set("weight", weight ?? noise(weightCount, seed: 2))
        op.dy = try bench.set("dy", noise(outputCount, seed: 3).map { $0 * dyScale }, as: format)
        op.y = try bench.set("y", noise(outputCount, seed: 4), as: format)
        op.dx = try bench.set("dx", noise(inputCount, seed: 5), as: format)
        op.dweight = try bench.set("dweight", noise(weightCount, seed: 6))
        op.moments = try bench.set("moments", noise(2 * output, seed: 7))
        for pass in [CT_FORWARD, CT_BACKWARD, CT_BACKWARD_WEIGHTS] {
            try bench.run(batch: batch) { ct_program_add_conv2d($0, pass, &op) }
        }
        return bench
    }

    static let all = [
        ConvolutionCase(1, 1, 1, 1, 1, k: 1, s: 1, p: 0),
        ConvolutionCase(2, 5, 7, 3, 5, k: 3, s: 1, p: 1),
        ConvolutionCase(3, 8, 8, 33, 37, k: 3, s: 2, p: 1),
        ConvolutionCase(2, 7, 6, 16, 48, k: 5, s: 2, p: 2),
        ConvolutionCase(2, 4, 4, 64, 32, k: 1, s: 2, p: 0),
        ConvolutionCase(2, 11, 9, 5, 12, k: 7, s: 3, p: 3),
        ConvolutionCase(3, 6, 5, 20, 9, k: 3, s: 1, p: 0),
        ConvolutionCase(2, 3, 3, 130, 70, k: 3, s: 1, p: 1),
        ConvolutionCase(2, 4, 4, 600, 40, k: 1, s: 1, p: 0),
        ConvolutionCase(2, 16, 16, 3, 64, k: 3, s: 1, p: 1),
        ConvolutionCase(3, 9, 8, 64, 64, k: 3, s: 1, p: 1),
        ConvolutionCase(1, 4, 4, 32, 64, k: 3, s: 1, p: 1),
        ConvolutionCase(2, 7, 10, 96, 32, k: 3, s: 1, p: 0),
        ConvolutionCase(5, 5, 3, 32, 32, k: 3, s: 1, p: 2),
        ConvolutionCase(1, 2, 2, 160, 160, k: 3, s: 1, p: 1),
        ConvolutionCase(40, 4, 4, 32, 32, k: 3, s: 1, p: 1),
        ConvolutionCase(9, 9, 8, 64, 128, k: 3, s: 1, p: 1),
        ConvolutionCase(2, 7, 5, 128, 192, k: 3, s: 1, p: 0),
        ConvolutionCase(3, 9, 8, 64, 128, k: 3, s: 2, p: 1),
        ConvolutionCase(2, 8, 8, 96, 64, k: 1, s: 2, p: 0),
    ]

    /// Largest error that rounding explains, relative to the largest value. Winograd's transforms, which serve these
    /// shapes, enlarge it.
    var bound: Double { kernel == 3 && stride == 1 && input % 32 == 0 && output % 32 == 0 ? 5e-6 : 2e-6 }
}

@Suite struct Conv2DTests {
    @Test(arguments: ConvolutionCase.all)
    func agreesWithTheReferenceOnEveryPathAndNumberOfThreads(shape: ConvolutionCase) throws {
        let expected = try shape.run(on: .reference)
        for device in Device.tested {
            let actual = try shape.run(on: device)
            for name in ["y", "moments", "dx", "dweight"] {
                let error = difference(try actual.values(name), try expected.values(name))
                #expect(error < shape.bound, "\(name) on \(device)")
            }
        }
    }

    @Test(arguments: [ConvolutionCase.all[1], ConvolutionCase.all[2], ConvolutionCase.all[4], ConvolutionCase.all[12]])
    func inputGradientIsAddedWhereAsked(shape: ConvolutionCase) throws {
        let expected = try shape.run(on: .reference, accumulate: true).values("dx")
        let overwritten = try shape.run(on: .reference).values("dx")
        let sum = zip(overwritten, noise(shape.inputCount, seed: 5)).map { $0 + $1 }
        #expect(difference(expected, sum) < 1e-6)
        for device in Device.tested {
            #expect(difference(try shape.run(on: device, accumulate: true).values("dx"), expected) < shape.bound)
        }
    }

    @Test(arguments: [ConvolutionCase.all[3], ConvolutionCase.all[10], ConvolutionCase.all[14], ConvolutionCase.all[15]])
    func bitsDoNotDependOnTheNumberOfThreads(shape: ConvolutionCase) throws {
        let one = try shape.run(on: .cpu(threads: 1))
        for threads in [2, 3, 5] {
            let many = try shape.run(on: .cpu(threads: threads))
            for name in ["y", "moments", "dx", "dweight"] {
                #expect(try many.values(name) == one.values(name), "\(name) with \(threads) threads")
            }
        }
    }

    /// A convolution is linear in each operand, so a difference over a large step is exact up to rounding.
    @Test(arguments: [ConvolutionCase.all[1], ConvolutionCase.all[2], ConvolutionCase.all[5]])
    func gradientsAreThoseOfFiniteDifferences(shape: ConvolutionCase) throws {
        let bench = try shape.run(on: .reference)
        let dy = try bench.values("dy")
        var generator = SplitMix64(seed: 9)
        for (operand, gradient, count) in [("x", "dx", shape.inputCount), ("weight", "dweight", shape.weightCount)] {
            let index = Int.random(in: 0..<count, using: &generator)
            let change = try forward(shape, operand, index, by: 1) - forward(shape, operand, index, by: -1)
            let slope = change.isEmpty ? .nan : dot(change, dy) / 2
            #expect(abs(slope - Double(try bench.values(gradient)[index])) < 1e-4)
        }
    }

    /// y with element `index` of `operand` moved.
    private func forward(
        _ shape: ConvolutionCase, _ operand: String, _ index: Int, by amount: Float
    ) throws -> Difference {
        let bench = try OperationBench(.reference)
        var op = ct_conv2d()
        (op.in_height, op.in_width) = (Int32(shape.height), Int32(shape.width))
        (op.in_channels, op.out_channels) = (Int32(shape.input), Int32(shape.output))
        (op.kernel, op.stride, op.padding) = (Int32(shape.kernel), Int32(shape.stride), Int32(shape.padding))
        var x = noise(shape.inputCount, seed: 1)
        var weight = noise(shape.weightCount, seed: 2)
        if operand == "x" { x[index] += amount } else { weight[index] += amount }
        op.x = try bench.set("x", x)
        op.weight = try bench.set("weight", weight)
        op.y = try bench.set("y", [Float](repeating: 0, count: shape.outputCount))
        try bench.run(batch: shape.batch) { ct_program_add_conv2d($0, CT_FORWARD, &op) }
        return Difference(values: try bench.values("y"))
    }

    @Test func shapesThatDoNotFitAreRefused() throws {
        let bench = try OperationBench(.cpu(threads: 1))
        var op = ct_conv2d()
        (op.in_height, op.in_width, op.in_channels, op.out_channels) = (2, 2, 1, 1)
        (op.kernel, op.stride, op.padding) = (3, 1, 0)
        let error = #expect(throws: TensorError.self) {
            try bench.run(batch: 1) { ct_program_add_conv2d($0, CT_FORWARD, &op) }
        }
        #expect(error?.message == "conv2d: 2x2x1 to 1 channels, kernel 3, stride 1, padding 0")
    }

    @Test func operandsThatAreMissingOrTooSmallAreRefused() throws {
        let bench = try OperationBench(.cpu(threads: 1))
        var op = ct_conv2d()
        (op.in_height, op.in_width, op.in_channels, op.out_channels) = (8, 8, 4, 4)
        (op.kernel, op.stride, op.padding) = (1, 1, 0)
        op.x = try bench.set("x", noise(256, seed: 1))
        op.y = try bench.set("y", noise(255, seed: 1))
        let missing = #expect(throws: TensorError.self) {
            try bench.run(batch: 1) { ct_program_add_conv2d($0, CT_FORWARD, &op) }
        }
        #expect(missing?.message == "conv2d: operand weight is missing")
        op.weight = try bench.set("weight", noise(16, seed: 1))
        let small = #expect(throws: TensorError.self) {
            try bench.run(batch: 1) { ct_program_add_conv2d($0, CT_FORWARD, &op) }
        }
        #expect(small?.message == "conv2d: operand y needs 1024 bytes at offset 0 of a buffer of 1020 bytes")
    }
}

/// The values of one side of a difference.
private struct Difference {
    let values: [Float]

    static func - (left: Difference, right: Difference) -> [Float] {
        zip(left.values, right.values).map { $0 - $1 }
    }
}
