/// Fully connected layers with ReLU between them, over the values of the image.
public struct MLP: Layer {
    /// Values of each hidden layer, first to last.
    public let hidden: [Int]
    /// Class scores of an image.
    public let classes: Int

    /// Hidden layers of these sizes, each at least 1.
    public init(hidden: [Int], classes: Int) {
        self.hidden = hidden
        self.classes = classes
    }

    /// Output: 1 x 1 x `classes`. Errors: `invalidArgument` for sizes below 1.
    public func callAsFunction(_ input: Activation, in graph: inout GraphBuilder) throws(TensorError) -> Activation {
        var layers: [(name: String, layer: any Layer)] = []
        for (index, features) in hidden.enumerated() {
            layers.append(("fc\(index + 1)", Linear(features)))
            layers.append(("relu\(index + 1)", ReLU()))
        }
        layers.append(("fc\(hidden.count + 1)", Linear(classes)))
        return try Sequential(layers)(input, in: &graph)
    }
}
