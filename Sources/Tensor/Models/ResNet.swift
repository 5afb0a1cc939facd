/// ResNet (He et al. 2016) in the form for 32 x 32 images: the stem is one 3x3 convolution, without max pooling.
/// ResNet-18 for 100 classes has 11,220,132 parameters. Names are torchvision's.
public struct ResNet: Layer {
    /// Blocks in each of the four stages.
    public let blocks: [Int]
    /// Class scores of an image.
    public let classes: Int

    /// Numbers of residual blocks in each of the four stages, such as [2, 2, 2, 2] for ResNet-18.
    public init(blocks: [Int], classes: Int) {
        self.blocks = blocks
        self.classes = classes
    }

    /// Output: 1 x 1 x `classes`. Errors: `invalidArgument` for fewer than one class.
    public func callAsFunction(_ input: Activation, in graph: inout GraphBuilder) throws(TensorError) -> Activation {
        let stem = Sequential([("conv1", Conv2D(64, kernel: 3, padding: 1)), ("bn1", BatchNorm2D(relu: true))])
        var value = try stem(input, in: &graph)
        for (stage, count) in blocks.enumerated() {
            value = try graph.scope("layer\(stage + 1)") { (graph) throws(TensorError) in
                try self.stage(stage, count)(value, in: &graph)
            }
        }
        let pooled = try GlobalAveragePool2D()(value, in: &graph)
        return try graph.scope("fc") { (graph) throws(TensorError) in try Linear(classes)(pooled, in: &graph) }
    }

    /// Each stage doubles the channels; all but the first halve the image in their first block.
    private func stage(_ stage: Int, _ count: Int) -> Sequential {
        Sequential(
            (0..<count).map { index in
                ("\(index)", ResidualBlock(channels: 64 << stage, stride: stage > 0 && index == 0 ? 2 : 1))
            })
    }
}
