/// max(x, 0).
public struct ReLU: Layer {
    public init() {}

    public func callAsFunction(_ input: Activation, in graph: inout GraphBuilder) throws(TensorError) -> Activation {
        let output = graph.activation(input.shape)
        return graph.append(.relu(input: input, output: output))
    }
}
