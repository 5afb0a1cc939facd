/// Batch normalisation (Ioffe & Szegedy 2015), optionally with the residual sum and the ReLU that follow it, which then
/// cost no pass over memory of their own. Its input must have no other reader.
public struct BatchNorm2D: Layer {
    /// Added to the variance.
    public let epsilon: Float
    /// Share of the batch in the running statistics.
    public let momentum: Float
    /// Whether the ReLU follows.
    public let relu: Bool
    /// The first scale; 0 makes a residual block begin as the identity (Goyal et al. 2017).
    public let initialScale: Float

    /// PyTorch's defaults; `epsilon` is positive.
    public init(epsilon: Float = 1e-5, momentum: Float = 0.1, relu: Bool = false, initialScale: Float = 1) {
        self.epsilon = epsilon
        self.momentum = momentum
        self.relu = relu
        self.initialScale = initialScale
    }

    /// Normalises `input`, without a residual. Output: the input's shape.
    public func callAsFunction(_ input: Activation, in graph: inout GraphBuilder) throws(TensorError) -> Activation {
        try self(input, adding: nil, in: &graph)
    }

    /// Normalises `input`, then adds `residual`, then applies the ReLU if asked for. Errors: `invalidArgument` for a
    /// residual of another shape.
    public func callAsFunction(
        _ input: Activation, adding residual: Activation?, in graph: inout GraphBuilder
    ) throws(TensorError) -> Activation {
        if let residual, residual.shape != input.shape {
            throw TensorError(.invalidArgument, "a residual of \(residual.shape) cannot be added to \(input.shape)")
        }
        let shape: Shape = [input.shape.channels]
        let gamma = try graph.parameter("weight", shape, .normOrBias, .constant(initialScale))
        let beta = try graph.parameter("bias", shape, .normOrBias, .constant(0))
        let mean = try graph.parameter("running_mean", shape, .statistic, .constant(0))
        let variance = try graph.parameter("running_var", shape, .statistic, .constant(1))
        let output = graph.activation(input.shape)
        return graph.append(
            .batchNorm(
                BatchNormOperation(
                    input: input, residual: residual, output: output, gamma: gamma, beta: beta, runningMean: mean,
                    runningVariance: variance, epsilon: epsilon, momentum: momentum, relu: relu)))
    }
}
