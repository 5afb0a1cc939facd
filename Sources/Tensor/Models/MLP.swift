/// Fully connected layers with ReLU between them, over the values of the image.
public struct MLP: Layer {
    public let hidden: [Int]
    public let classes: Int

    public init(hidden: [Int], classes: Int) {
        self.hidden = hidden
        self.classes = classes
    }

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
