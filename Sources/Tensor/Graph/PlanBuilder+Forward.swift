import CTensor

extension PlanBuilder {
    /// The images of `input`, normalised and, with an augmentation, moved about, as the graph's first activation.
    mutating func addInput(_ input: InputBuffer, _ normalization: Normalization, _ augmentation: Augmentation? = nil) {
        let target = block(of: graph.input)
        var operation = ct_image_input()
        let shape = graph.input.shape
        operation.channels = Int32(shape.channels)
        operation.height = Int32(shape.height)
        operation.width = Int32(shape.width)
        operation.mean = Self.four(normalization.mean, otherwise: 0)
        operation.deviation = Self.four(normalization.deviation, otherwise: 1)
        operation.format = format(of: graph.input)
        operation.rows = input.rows
        if augmentation != nil { operation.placement = input.placement }
        if let augmentation, augmentation.cutout > 0 {
            operation.cutout_size = Int32(augmentation.cutout)
            operation.cutout = input.cutout
        }
        step(touching: [target]) { program, view in
            var complete = operation
            complete.y = view(target)
            return ct_program_add_image_input(program, &complete)
        }
    }

    private static func four(_ values: [Float], otherwise fill: Float) -> (Float, Float, Float, Float) {
        func value(_ index: Int) -> Float { index < values.count ? values[index] : fill }
        return (value(0), value(1), value(2), value(3))
    }

    /// All operations of the graph. `saved` are the blocks of the batch statistics by index of the operation, in
    /// training.
    mutating func addForward(saved: [Int: Int] = [:]) {
        let moments = saved.isEmpty ? [:] : momentBlocks()
        for (index, operation) in graph.operations.enumerated() {
            switch operation {
            case .conv2d(let node): addForward(node, moments: moments[node.output.id])
            case .batchNorm(let node):
                addForward(node, saved: saved[index], moments: moments[node.input.id])
            case .relu(let input, let output): addRelu(input, output)
            case .maxPool(let input, let output, let size): addMaxPool(input, output, size)
            case .averagePool(let input, let output): addAveragePool(input, output)
            case .linear(let node): addForward(node)
            }
        }
    }

    /// All operations of the graph for inference, with the convolutions in `folded` as one operation with their norms.
    mutating func addInference(_ folded: FoldedConvolutions) {
        for operation in graph.operations {
            switch operation {
            case .conv2d(let node) where folded.contains(node.output): continue
            case .conv2d(let node): addForward(node, moments: nil)
            case .batchNorm(let node):
                guard let (operation, input) = folded.operation(of: node.input, self) else {
                    addForward(node, saved: nil, moments: nil)
                    continue
                }
                addFolded(operation, input, node)
            case .relu(let input, let output): addRelu(input, output)
            case .maxPool(let input, let output, let size): addMaxPool(input, output, size)
            case .averagePool(let input, let output): addAveragePool(input, output)
            case .linear(let node): addForward(node)
            }
        }
    }

    private mutating func addFolded(_ operation: ct_folded_conv2d, _ input: Activation, _ node: BatchNormOperation) {
        let (x, y) = (block(of: input), block(of: node.output))
        let residual = node.residual.map { block(of: $0) }
        step(touching: [x, y, residual].compactMap(\.self)) { program, view in
            var complete = operation
            (complete.x, complete.y) = (view(x), view(y))
            if let residual { complete.residual = view(residual) }
            return ct_program_add_folded_conv2d(program, CT_FORWARD, &complete)
        }
    }

    /// Blocks for the statistics that a convolution takes of its output, by id of that output: of those that a batch
    /// normalisation reads.
    private mutating func momentBlocks() -> [Int: Int] {
        let convolved = Set(
            graph.operations.compactMap { if case .conv2d(let node) = $0 { node.output.id } else { nil } })
        var blocks: [Int: Int] = [:]
        for case .batchNorm(let node) in graph.operations where convolved.contains(node.input.id) {
            blocks[node.input.id] = block(2 * node.input.shape.channels)
        }
        return blocks
    }

    private mutating func addForward(_ node: Conv2DOperation, moments: Int?) {
        let (x, y) = (block(of: node.input), block(of: node.output))
        let weight = view(ofParameter: node.weight)
        let shape = shape(of: node)
        step(touching: [x, y, moments].compactMap(\.self)) { program, view in
            var operation = shape
            if let moments { operation.moments = view(moments) }
            operation.x = view(x)
            operation.y = view(y)
            operation.weight = weight
            return ct_program_add_conv2d(program, CT_FORWARD, &operation)
        }
    }

    /// The output of `node` once more, in `block`; the node has no residual.
    mutating func addForwardAgain(_ node: BatchNormOperation, saved: Int, to block: Int) {
        let x = self.block(of: node.input)
        let shape = shape(of: node)
        step(touching: [x, saved, block]) { program, view in
            var operation = shape
            (operation.x, operation.saved, operation.y) = (view(x), view(saved), view(block))
            return ct_program_add_batch_norm(program, CT_FORWARD_AGAIN, &operation)
        }
    }

    private mutating func addForward(_ node: BatchNormOperation, saved: Int?, moments: Int?) {
        let (x, y) = (block(of: node.input), block(of: node.output))
        let residual = node.residual.map { block(of: $0) }
        let shape = shape(of: node)
        step(touching: [x, y, residual, saved, moments].compactMap(\.self)) { program, view in
            var operation = shape
            operation.x = view(x)
            operation.y = view(y)
            if let residual { operation.residual = view(residual) }
            if let saved { operation.saved = view(saved) }
            if let moments { operation.moments = view(moments) }
            return ct_program_add_batch_norm(program, saved == nil ? CT_FORWARD_EVAL : CT_FORWARD, &operation)
        }
    }

    private mutating func addRelu(_ input: Activation, _ output: Activation) {
        let (x, y, format) = (block(of: input), block(of: output), format(of: input))
        step(touching: [x, y]) { program, view in
            var operation = ct_relu()
            operation.elements = Int32(input.shape.count)
            operation.format = format
            operation.x = view(x)
            operation.y = view(y)
            return ct_program_add_relu(program, CT_FORWARD, &operation)
        }
    }

    private mutating func addMaxPool(_ input: Activation, _ output: Activation, _ size: Int) {
        let (x, y, shape) = (block(of: input), block(of: output), maxPool(input, size))
        step(touching: [x, y]) { program, view in
            var operation = shape
            operation.x = view(x)
            operation.y = view(y)
            return ct_program_add_max_pool(program, CT_FORWARD, &operation)
        }
    }

    private mutating func addAveragePool(_ input: Activation, _ output: Activation) {
        let (x, y, shape) = (block(of: input), block(of: output), averagePool(input))
        step(touching: [x, y]) { program, view in
            var operation = shape
            operation.x = view(x)
            operation.y = view(y)
            return ct_program_add_average_pool(program, CT_FORWARD, &operation)
        }
    }

    private mutating func addForward(_ node: LinearOperation) {
        let (x, y) = (block(of: node.input), block(of: node.output))
        let (weight, bias) = (view(ofParameter: node.weight), view(ofParameter: node.bias))
        let shape = shape(of: node)
        step(touching: [x, y]) { program, view in
            var operation = shape
            operation.x = view(x)
            operation.y = view(y)
            operation.weight = weight
            operation.bias = bias
            return ct_program_add_linear(program, CT_FORWARD, &operation)
        }
    }
}

// Shapes, without operands.
extension PlanBuilder {
    func shape(of node: Conv2DOperation) -> ct_conv2d {
        var operation = ct_conv2d()
        operation.in_height = Int32(node.input.shape.height)
        operation.in_width = Int32(node.input.shape.width)
        operation.in_channels = Int32(node.input.shape.channels)
        operation.out_channels = Int32(node.output.shape.channels)
        operation.kernel = Int32(node.kernel)
        operation.stride = Int32(node.stride)
        operation.padding = Int32(node.padding)
        operation.format = format(of: node.input)
        return operation
    }

    /// With the parameters, which forward and backward share.
    func shape(of node: BatchNormOperation) -> ct_batch_norm {
        var operation = ct_batch_norm()
        operation.height = Int32(node.input.shape.height)
        operation.width = Int32(node.input.shape.width)
        operation.channels = Int32(node.input.shape.channels)
        operation.epsilon = node.epsilon
        operation.momentum = node.momentum
        operation.relu = node.relu ? 1 : 0
        operation.format = format(of: node.input)
        operation.gamma = view(ofParameter: node.gamma)
        operation.beta = view(ofParameter: node.beta)
        operation.running_mean = view(ofParameter: node.runningMean)
        operation.running_variance = view(ofParameter: node.runningVariance)
        return operation
    }

    func shape(of node: LinearOperation) -> ct_linear {
        var operation = ct_linear()
        operation.in_features = Int32(node.input.shape.count)
        operation.out_features = Int32(node.output.shape.channels)
        operation.format = format(of: node.input)
        operation.result_format = format(of: node.output)
        return operation
    }

    func maxPool(_ input: Activation, _ size: Int) -> ct_max_pool {
        let shape = input.shape
        var operation = ct_max_pool()
        operation.format = format(of: input)
        operation.height = Int32(shape.height)
        operation.width = Int32(shape.width)
        operation.channels = Int32(shape.channels)
        operation.size = Int32(size)
        return operation
    }

    func averagePool(_ input: Activation) -> ct_average_pool {
        let shape = input.shape
        var operation = ct_average_pool()
        operation.format = format(of: input)
        operation.height = Int32(shape.height)
        operation.width = Int32(shape.width)
        operation.channels = Int32(shape.channels)
        return operation
    }
}
