import CTensor

/// The convolutions of a graph that a batch normalisation follows, as one operation each for inference: the
/// normalisation is folded into weights that are worked out once and kept in the form that the kernels read.
struct FoldedConvolutions {
    private struct Item {
        let convolution: Conv2DOperation
        let norm: BatchNormOperation
        /// Of the prepared weights, in floats.
        var offset = 0
    }

    /// By id of the convolution's output.
    private var items: [Int: Item] = [:]
    private let prepared: BufferHandle
    private let program: ProgramHandle

    /// Finds the pairs in `builder`'s graph and compiles their preparation, for batches of up to `builder.batch`.
    init(_ builder: PlanBuilder) throws(TensorError) {
        let device = builder.parameters.device
        let convolutions = builder.graph.operations.compactMap { operation -> Conv2DOperation? in
            if case .conv2d(let node) = operation { node } else { nil }
        }
        var total = 0
        for case .batchNorm(let norm) in builder.graph.operations {
            guard let convolution = convolutions.first(where: { $0.output == norm.input }) else { continue }
            var item = Item(convolution: convolution, norm: norm)
            var operation = Self.operation(item, builder)
            var bytes: Int64 = 0
            try check(ct_folded_conv2d_bytes(&bytes, device.pointer, &operation))
            item.offset = total
            total += (Int(bytes) / 4 + MemoryPlan.alignment) / MemoryPlan.alignment * MemoryPlan.alignment
            items[convolution.output.id] = item
        }
        prepared = try BufferHandle(device, floats: total)
        program = try ProgramHandle(device, maxBatch: 1, buffers: [builder.parameters, prepared])
        for item in items.values {
            var operation = Self.operation(item, builder)
            operation.prepared = prepared.view(item.offset)
            try check(ct_program_add_folded_conv2d(program.pointer, CT_PREPARE, &operation))
        }
        try program.seal()
    }

    var buffer: BufferHandle { prepared }

    /// Works the weights out of the present parameters.
    func prepare() throws(TensorError) { try program.run(batch: 1) }

    func contains(_ output: Activation) -> Bool { items[output.id] != nil }

    /// The operation that takes the place of the normalisation of `input`, without its operands, and the value it reads.
    func operation(of input: Activation, _ builder: PlanBuilder) -> (operation: ct_folded_conv2d, x: Activation)? {
        guard let item = items[input.id] else { return nil }
        var operation = Self.operation(item, builder)
        operation.prepared = prepared.view(item.offset)
        return (operation, item.convolution.input)
    }

    private static func operation(_ item: Item, _ builder: PlanBuilder) -> ct_folded_conv2d {
        let shape = builder.shape(of: item.convolution)
        let norm = builder.shape(of: item.norm)
        var operation = ct_folded_conv2d()
        (operation.in_height, operation.in_width) = (shape.in_height, shape.in_width)
        (operation.in_channels, operation.out_channels) = (shape.in_channels, shape.out_channels)
        (operation.kernel, operation.stride, operation.padding) = (shape.kernel, shape.stride, shape.padding)
        operation.max_batch = Int32(builder.batch)
        (operation.epsilon, operation.relu) = (norm.epsilon, norm.relu)
        operation.weight = builder.view(ofParameter: item.convolution.weight)
        (operation.gamma, operation.beta) = (norm.gamma, norm.beta)
        (operation.running_mean, operation.running_variance) = (norm.running_mean, norm.running_variance)
        return operation
    }
}
