/// Three 3x3 convolutions with batch normalisation, pooled in between: a model that learns in seconds.
public struct SmallCNN: Layer {
    /// Class scores of an image.
    public let classes: Int

    /// A network for so many classes.
    public init(classes: Int) { self.classes = classes }

    /// Output: 1 x 1 x `classes`. Errors: `invalidArgument` for an image too small to be pooled.
    public func callAsFunction(_ input: Activation, in graph: inout GraphBuilder) throws(TensorError) -> Activation {
        try Sequential([
            ("conv1", Conv2D(32, kernel: 3, padding: 1)), ("bn1", BatchNorm2D(relu: true)), ("pool1", MaxPool2D()),
            ("conv2", Conv2D(64, kernel: 3, padding: 1)), ("bn2", BatchNorm2D(relu: true)), ("pool2", MaxPool2D()),
            ("conv3", Conv2D(128, kernel: 3, padding: 1)), ("bn3", BatchNorm2D(relu: true)),
            ("pool3", GlobalAveragePool2D()), ("fc", Linear(classes)),
        ])(input, in: &graph)
    }
}
