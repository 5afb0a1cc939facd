import CTensor
import Testing

@testable import Tensor

@Suite struct FoldedConv2DTests {
    /// y of the folded operation, prepared for `maxBatch` images.
    private func run(
        _ shape: ConvolutionCase, on device: Device, relu: Bool, residual: Bool, maxBatch: Int
    ) throws -> [Float] {
        let bench = try OperationBench(device)
        var op = ct_folded_conv2d()
        (op.in_height, op.in_width) = (Int32(shape.height), Int32(shape.width))
        (op.in_channels, op.out_channels) = (Int32(shape.input), Int32(shape.output))
        (op.kernel, op.stride, op.padding) = (Int32(shape.kernel), Int32(shape.stride), Int32(shape.padding))
        (op.max_batch, op.epsilon, op.relu) = (Int32(maxBatch), 1e-5, relu ? 1 : 0)
        op.weight = try bench.set("weight", noise(shape.weightCount, seed: 2))
        op.gamma = try bench.set("gamma", noise(shape.output, seed: 3))
        op.beta = try bench.set("beta", noise(shape.output, seed: 4))
        op.running_mean = try bench.set("mean", noise(shape.output, seed: 5))
        op.running_variance = try bench.set("variance", noise(shape.output, seed: 6).map { $0 + 1.5 })
        var bytes: Int64 = 0
        try check(ct_folded_conv2d_bytes(&bytes, bench.device.pointer, &op))
        op.prepared = try bench.set("prepared", [Float](repeating: .nan, count: Int(bytes) / 4))
        op.x = try bench.set("x", noise(shape.inputCount, seed: 1))
        op.y = try bench.set("y", [Float](repeating: .nan, count: shape.outputCount))
        if residual { op.residual = try bench.set("residual", noise(shape.outputCount, seed: 7)) }
        try bench.run(batch: 1) { ct_program_add_folded_conv2d($0, CT_PREPARE, &op) }
        try bench.run(batch: shape.batch) { ct_program_add_folded_conv2d($0, CT_FORWARD, &op) }
        return try bench.values("y")
    }

    /// With weights prepared for few images and for many, which may take another way.
    @Test(arguments: ConvolutionCase.all, [false, true])
    func agreesWithTheReference(shape: ConvolutionCase, whole: Bool) throws {
        let expected = try run(shape, on: .reference, relu: whole, residual: whole, maxBatch: shape.batch)
        for device in Device.tested {
            for maxBatch in [shape.batch, 64] {
                let actual = try run(shape, on: device, relu: whole, residual: whole, maxBatch: maxBatch)
                #expect(difference(actual, expected) < shape.bound, "for \(maxBatch) images on \(device)")
            }
        }
    }

    @Test func moreImagesThanPreparedForAreRefused() throws {
        let error = #expect(throws: TensorError.self) {
            try run(ConvolutionCase.all[1], on: .cpu(threads: 1), relu: false, residual: false, maxBatch: 1)
        }
        #expect(error?.message == "folded_conv2d: prepared for 1 images, used for 2")
    }

    /// The two steps that stand for one: the reference is held to them.
    @Test func referenceIsConvolutionAndNormalisation() throws {
        let shape = ConvolutionCase.all[1]
        let folded = try run(shape, on: .reference, relu: true, residual: false, maxBatch: 2)
        let bench = try OperationBench(.reference)
        var conv = ct_conv2d()
        (conv.in_height, conv.in_width) = (Int32(shape.height), Int32(shape.width))
        (conv.in_channels, conv.out_channels) = (Int32(shape.input), Int32(shape.output))
        (conv.kernel, conv.stride, conv.padding) = (Int32(shape.kernel), Int32(shape.stride), Int32(shape.padding))
        conv.x = try bench.set("x", noise(shape.inputCount, seed: 1))
        conv.weight = try bench.set("weight", noise(shape.weightCount, seed: 2))
        conv.y = try bench.set("conv", [Float](repeating: 0, count: shape.outputCount))
        var norm = ct_batch_norm()
        (norm.height, norm.width) = (Int32(shape.outHeight), Int32(shape.outWidth))
        (norm.channels, norm.epsilon, norm.relu) = (Int32(shape.output), 1e-5, 1)
        norm.x = conv.y
        norm.gamma = try bench.set("gamma", noise(shape.output, seed: 3))
        norm.beta = try bench.set("beta", noise(shape.output, seed: 4))
        norm.running_mean = try bench.set("mean", noise(shape.output, seed: 5))
        norm.running_variance = try bench.set("variance", noise(shape.output, seed: 6).map { $0 + 1.5 })
        norm.y = try bench.set("y", [Float](repeating: 0, count: shape.outputCount))
        try bench.run(batch: shape.batch) { ct_program_add_conv2d($0, CT_FORWARD, &conv) }
        try bench.run(batch: shape.batch) { ct_program_add_batch_norm($0, CT_FORWARD_EVAL, &norm) }
        #expect(difference(folded, try bench.values("y")) < 1e-6)
    }
}
