/// The maximum over windows of `size` x `size` that lie side by side.
public struct MaxPool2D: Layer {
    /// Side of a window in pixels.
    public let size: Int

    /// Windows of `size` x `size` pixels.
    public init(size: Int = 2) { self.size = size }

    /// Output: extents divided by `size`, rounded down. Errors: `invalidArgument` for a window below 1 or larger than
    /// the image.
    public func callAsFunction(_ input: Activation, in graph: inout GraphBuilder) throws(TensorError) -> Activation {
        let shape = input.shape
        guard size >= 1, size <= min(shape.height, shape.width) else {
            throw TensorError(.invalidArgument, "max pooling of \(shape) in windows of \(size)")
        }
        let pooled = FeatureShape(height: shape.height / size, width: shape.width / size, channels: shape.channels)
        let output = graph.activation(pooled)
        return graph.append(.maxPool(input: input, output: output, size: size))
    }
}

/// The mean of each channel over the image: h x w x c to 1 x 1 x c.
public struct GlobalAveragePool2D: Layer {
    /// It has no parameters.
    public init() {}

    /// Output: 1 x 1 x the input's channels.
    public func callAsFunction(_ input: Activation, in graph: inout GraphBuilder) throws(TensorError) -> Activation {
        let output = graph.activation(FeatureShape(height: 1, width: 1, channels: input.shape.channels))
        return graph.append(.averagePool(input: input, output: output))
    }
}
