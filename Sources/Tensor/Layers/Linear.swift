/// A fully connected layer over all values of an image, in NHWC order (that is PyTorch's `Flatten` for 1 x 1 images,
/// not for larger ones). Weight [out, in] and bias [out] begin uniform within 1 / sqrt(in), as in PyTorch.
public struct Linear: Layer {
    /// Values of the output, at least 1.
    public let outputFeatures: Int

    /// A layer with so many outputs.
    public init(_ outputFeatures: Int) { self.outputFeatures = outputFeatures }

    /// Output: 1 x 1 x `outputFeatures`. Errors: `invalidArgument` for fewer than one output.
    public func callAsFunction(_ input: Activation, in graph: inout GraphBuilder) throws(TensorError) -> Activation {
        let features = input.shape.count
        guard outputFeatures > 0 else {
            throw TensorError(.invalidArgument, "a linear layer to \(outputFeatures) features")
        }
        let bound = 1 / Float(features).squareRoot()
        let weight = try graph.parameter("weight", [outputFeatures, features], .weight, .uniform(bound: bound))
        let bias = try graph.parameter("bias", [outputFeatures], .normOrBias, .uniform(bound: bound))
        let output = graph.activation(FeatureShape(height: 1, width: 1, channels: outputFeatures))
        return graph.append(.linear(LinearOperation(input: input, output: output, weight: weight, bias: bias)))
    }
}
