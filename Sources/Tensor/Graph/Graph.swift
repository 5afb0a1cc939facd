/// A described model: operations in the order in which they run, and the parameters they name.
public struct Graph: Sendable {
    /// The image as it enters, normalised.
    public let input: Activation
    /// One score per class.
    public let output: Activation
    /// In the order in which the layers were described.
    public let parameters: [ParameterSpec]
    let operations: [GraphOperation]
    /// Number of activations; their ids are below it.
    let activationCount: Int

    /// Describes `layer` for images of `shape`. Errors: `invalidArgument` from a layer that its input does not fit, or
    /// for an output that is no vector of scores.
    public init(_ layer: some Layer, input shape: FeatureShape) throws(TensorError) {
        var builder = GraphBuilder()
        input = builder.activation(shape)
        output = try layer(input, in: &builder)
        guard output.shape.height == 1, output.shape.width == 1 else {
            throw TensorError(.invalidArgument, "the model ends in \(output.shape), not in a vector of class scores")
        }
        parameters = builder.parameters
        operations = builder.operations
        activationCount = builder.activationCount
    }
}
