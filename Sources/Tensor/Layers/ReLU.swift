/// max(x, 0).
public struct ReLU: Layer {
    /// It has no parameters.
    public init() {}

    /// Output: the input's shape.
    public func callAsFunction(_ input: Activation, in graph: inout GraphBuilder) throws(TensorError) -> Activation {
        let output = graph.activation(input.shape)
        return graph.append(.relu(input: input, output: output))
    }
}
