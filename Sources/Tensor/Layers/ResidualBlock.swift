/// The basic block of ResNet-18 and -34 (He et al. 2016): two 3x3 convolutions and a shortcut, which is a strided 1x1
/// convolution where the shape changes. Parameter names are torchvision's.
public struct ResidualBlock: Layer {
    /// Channels of the output.
    public let channels: Int
    /// Stride of the first convolution, in pixels.
    public let stride: Int

    /// A block with so many channels, at least 1.
    public init(channels: Int, stride: Int = 1) {
        self.channels = channels
        self.stride = stride
    }

    /// Output: the input's extents divided by `stride`, rounded up, with `channels` channels. Errors: as of its
    /// convolutions.
    public func callAsFunction(_ input: Activation, in graph: inout GraphBuilder) throws(TensorError) -> Activation {
        let first = Sequential([
            ("conv1", Conv2D(channels, kernel: 3, stride: stride, padding: 1)), ("bn1", BatchNorm2D(relu: true)),
        ])
        let hidden = try first(input, in: &graph)
        let second = try graph.scope("conv2") { (graph) throws(TensorError) in
            try Conv2D(channels, kernel: 3, padding: 1)(hidden, in: &graph)
        }
        let shortcut = try shortcut(of: input, in: &graph)
        return try graph.scope("bn2") { (graph) throws(TensorError) in
            try BatchNorm2D(relu: true)(second, adding: shortcut, in: &graph)
        }
    }

    private func shortcut(of input: Activation, in graph: inout GraphBuilder) throws(TensorError) -> Activation {
        guard stride != 1 || input.shape.channels != channels else { return input }
        return try graph.scope("downsample") { (graph) throws(TensorError) in
            try Sequential(Conv2D(channels, kernel: 1, stride: stride), BatchNorm2D())(input, in: &graph)
        }
    }
}
