import CTensor

/// The reverse sweep: for each operation, last to first, the gradients of its parameters and of its input. The first
/// writer of a gradient overwrites it, later ones add; an operation that can only overwrite must be the first.
///
/// Two things keep the memory small. Outputs of batch normalisation without a residual are not kept after the forward
/// pass: they are computed again, from the kept input, when the gradient of a weight needs them. And batch normalisation
/// turns the gradient of its output into that of its input, or of its residual, in place.
struct BackwardSweep {
    private var builder: PlanBuilder
    private let gradients: BufferHandle
    private let saved: [Int: Int]
    private var blocks: [Int: Int] = [:]
    private var written: Set<Int> = []
    /// Blocks of the outputs that were computed again, by id of the activation.
    private var again: [Int: Int] = [:]

    init(_ builder: PlanBuilder, gradients: BufferHandle, saved: [Int: Int]) {
        self.builder = builder
        self.gradients = gradients
        self.saved = saved
    }

    /// Adds the loss and all gradients to `builder`. Errors: `invalidArgument` for a graph that reads a value twice
    /// where its gradient cannot be added to.
    static func add(
        to builder: inout PlanBuilder, input: InputBuffer, gradients: BufferHandle, saved: [Int: Int], smoothing: Float
    ) throws(TensorError) {
        var sweep = BackwardSweep(builder, gradients: gradients, saved: saved)
        sweep.addLoss(input, smoothing)
        for (index, operation) in builder.graph.operations.enumerated().reversed() {
            // A value that nothing reads has no gradient, and neither has what led to it alone.
            guard sweep.written.contains(operation.output.id) else { continue }
            try sweep.add(operation, index)
        }
        builder = sweep.builder
    }

    private mutating func add(_ operation: GraphOperation, _ index: Int) throws(TensorError) {
        switch operation {
        case .conv2d(let node): add(node)
        case .batchNorm(let node): try add(node, index)
        case .relu(let input, let output): addRelu(input, output)
        case .maxPool(let input, let output, let size): try addMaxPool(input, output, size)
        case .averagePool(let input, let output): try addAveragePool(input, output)
        case .linear(let node): add(node)
        }
    }

    /// The gradient's block.
    private mutating func block(of activation: Activation) -> Int {
        if let known = blocks[activation.id] { return known }
        let block = builder.newBlock(for: activation)
        blocks[activation.id] = block
        return block
    }

    /// The block of a value that the forward pass left, or would have.
    private mutating func value(of activation: Activation) -> Int {
        if let known = again[activation.id] { return known }
        let producer = builder.graph.operations.firstIndex { $0.output == activation }
        guard let producer, case .batchNorm(let node) = builder.graph.operations[producer], node.residual == nil,
            let statistics = saved[producer]
        else { return builder.block(of: activation) }
        let block = builder.newBlock(for: activation)
        builder.addForwardAgain(node, saved: statistics, to: block)
        again[activation.id] = block
        return block
    }

    /// Marks the gradient as written; answers whether it was before, as C's flag.
    private mutating func accumulates(_ activation: Activation) -> Int32 {
        written.insert(activation.id).inserted ? 0 : 1
    }

    private mutating func overwrite(_ activation: Activation, _ name: String) throws(TensorError) {
        guard written.insert(activation.id).inserted else {
            throw TensorError(.invalidArgument, "the input of a \(name) layer must have no other reader")
        }
    }

    /// Images need no gradient.
    private func needsGradient(_ activation: Activation) -> Bool { activation != builder.graph.input }

    private func gradient(of parameter: Int) -> ct_view { gradients.view(builder.layout.offsets[parameter]) }

    private mutating func addLoss(_ input: InputBuffer, _ smoothing: Float) {
        let output = builder.graph.output
        let (logits, dlogits) = (builder.block(of: output), block(of: output))
        let format = builder.format(of: output)
        written.insert(output.id)
        builder.step(touching: [logits, dlogits]) { program, view in
            var operation = ct_cross_entropy()
            operation.classes = Int32(output.shape.channels)
            operation.smoothing = smoothing
            operation.format = format
            operation.logits = view(logits)
            operation.labels = input.labels
            operation.loss = input.loss
            operation.dlogits = view(dlogits)
            return ct_program_add_cross_entropy(program, &operation)
        }
    }

    private mutating func add(_ node: Conv2DOperation) {
        let (x, dy) = (value(of: node.input), block(of: node.output))
        let (weight, dweight) = (builder.view(ofParameter: node.weight), gradient(of: node.weight))
        var shape = builder.shape(of: node)
        builder.step(touching: [x, dy]) { [shape] program, view in
            var operation = shape
            operation.x = view(x)
            operation.dy = view(dy)
            operation.dweight = dweight
            return ct_program_add_conv2d(program, CT_BACKWARD_WEIGHTS, &operation)
        }
        guard needsGradient(node.input) else { return }
        let dx = block(of: node.input)
        shape.accumulate_dx = accumulates(node.input)
        builder.step(touching: [dx, dy]) { [shape] program, view in
            var operation = shape
            operation.dy = view(dy)
            operation.dx = view(dx)
            operation.weight = weight
            return ct_program_add_conv2d(program, CT_BACKWARD, &operation)
        }
    }

    private mutating func add(_ node: LinearOperation) {
        let (x, dy) = (value(of: node.input), block(of: node.output))
        let (dweight, dbias) = (gradient(of: node.weight), gradient(of: node.bias))
        let shape = builder.shape(of: node)
        builder.step(touching: [x, dy]) { program, view in
            var operation = shape
            operation.x = view(x)
            operation.dy = view(dy)
            operation.dweight = dweight
            operation.dbias = dbias
            return ct_program_add_linear(program, CT_BACKWARD_WEIGHTS, &operation)
        }
        guard needsGradient(node.input) else { return }
        let (dx, weight) = (block(of: node.input), builder.view(ofParameter: node.weight))
        let accumulate = accumulates(node.input)
        builder.step(touching: [dx, dy]) { program, view in
            var operation = shape
            operation.dy = view(dy)
            operation.dx = view(dx)
            operation.weight = weight
            operation.accumulate_dx = accumulate
            return ct_program_add_linear(program, CT_BACKWARD, &operation)
        }
    }

    private mutating func add(_ node: BatchNormOperation, _ index: Int) throws(TensorError) {
        guard needsGradient(node.input), let statistics = saved[index] else {
            throw TensorError(.invalidArgument, "a batch normalisation layer cannot be trained on the image itself")
        }
        guard node.residual != node.input else {
            throw TensorError(.invalidArgument, "a batch normalisation layer cannot add its own input")
        }
        let (x, dy) = (builder.block(of: node.input), block(of: node.output))
        try overwrite(node.input, "batch normalisation")
        var shape = builder.shape(of: node)
        shape.dgamma = gradient(of: node.gamma)
        shape.dbeta = gradient(of: node.beta)
        // Nothing reads the gradient of the output after this step: the residual's takes its place where it is new, else
        // the input's does.
        if let activation = node.residual {
            shape.accumulate_dresidual = accumulates(activation)
            if shape.accumulate_dresidual == 0 { blocks[activation.id] = dy }
        }
        if shape.accumulate_dresidual == 1 || node.residual == nil { blocks[node.input.id] = dy }
        let dx = block(of: node.input)
        let residual = node.residual.map { (y: builder.block(of: node.output), gradient: block(of: $0)) }
        let touched = [x, dx, dy, statistics, residual?.y, residual?.gradient].compactMap(\.self)
        builder.step(touching: touched) { [shape] program, view in
            var operation = shape
            (operation.x, operation.dx, operation.dy) = (view(x), view(dx), view(dy))
            operation.saved = view(statistics)
            if let residual { (operation.y, operation.dresidual) = (view(residual.y), view(residual.gradient)) }
            return ct_program_add_batch_norm(program, CT_BACKWARD, &operation)
        }
    }

    private mutating func addRelu(_ input: Activation, _ output: Activation) {
        guard needsGradient(input) else { return }
        let (y, dx, dy) = (builder.block(of: output), block(of: input), block(of: output))
        let (accumulate, format) = (accumulates(input), builder.format(of: input))
        builder.step(touching: [y, dx, dy]) { program, view in
            var operation = ct_relu()
            operation.elements = Int32(input.shape.count)
            operation.accumulate_dx = accumulate
            operation.format = format
            (operation.y, operation.dx, operation.dy) = (view(y), view(dx), view(dy))
            return ct_program_add_relu(program, CT_BACKWARD, &operation)
        }
    }

    private mutating func addMaxPool(_ input: Activation, _ output: Activation, _ size: Int) throws(TensorError) {
        guard needsGradient(input) else { return }
        let (x, y) = (value(of: input), builder.block(of: output))
        let (dx, dy) = (block(of: input), block(of: output))
        try overwrite(input, "max pooling")
        let shape = builder.maxPool(input, size)
        builder.step(touching: [x, y, dx, dy]) { program, view in
            var operation = shape
            (operation.x, operation.y) = (view(x), view(y))
            (operation.dx, operation.dy) = (view(dx), view(dy))
            return ct_program_add_max_pool(program, CT_BACKWARD, &operation)
        }
    }

    private mutating func addAveragePool(_ input: Activation, _ output: Activation) throws(TensorError) {
        guard needsGradient(input) else { return }
        let (dx, dy) = (block(of: input), block(of: output))
        try overwrite(input, "average pooling")
        let shape = builder.averagePool(input)
        builder.step(touching: [dx, dy]) { program, view in
            var operation = shape
            (operation.dx, operation.dy) = (view(dx), view(dy))
            return ct_program_add_average_pool(program, CT_BACKWARD, &operation)
        }
    }
}
