/// Convolution with a square kernel, zero padding and no bias. Weight: [out, in, kernel, kernel], Kaiming normal over
/// the outputs (He et al. 2015), as torchvision initialises its ResNets.
public struct Conv2D: Layer {
    /// Channels of the output, at least 1.
    public let outputChannels: Int
    /// Side of the kernel in pixels, 1 to 7.
    public let kernel: Int
    /// Pixels from one place of the kernel to the next, at least 1.
    public let stride: Int
    /// Zeros around the image in pixels, less than the kernel's side.
    public let padding: Int

    /// All sizes in pixels; they are checked when the layer is applied.
    public init(_ outputChannels: Int, kernel: Int, stride: Int = 1, padding: Int = 0) {
        self.outputChannels = outputChannels
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
    }

    /// Output: (extent + 2 padding - kernel) / stride + 1 rows and columns, rounded down. Errors: `invalidArgument` for
    /// sizes out of range or a kernel larger than the padded image.
    public func callAsFunction(_ input: Activation, in graph: inout GraphBuilder) throws(TensorError) -> Activation {
        let shape = try outputShape(of: input.shape)
        let weight = try graph.parameter(
            "weight", [outputChannels, input.shape.channels, kernel, kernel], .weight,
            .kaimingNormal(fan: outputChannels * kernel * kernel))
        let output = graph.activation(shape)
        return graph.append(
            .conv2d(
                Conv2DOperation(
                    input: input, output: output, weight: weight, kernel: kernel, stride: stride, padding: padding)))
    }

    private func outputShape(of input: FeatureShape) throws(TensorError) -> FeatureShape {
        let fits = min(input.height, input.width) + 2 * padding >= kernel
        guard fits, outputChannels > 0, (1...7).contains(kernel), stride > 0, (0..<kernel).contains(padding) else {
            throw TensorError(
                .invalidArgument,
                "convolution of \(input) to \(outputChannels) channels, kernel \(kernel), stride \(stride), padding \(padding)"
            )
        }
        func extent(_ size: Int) -> Int { (size + 2 * padding - kernel) / stride + 1 }
        return FeatureShape(height: extent(input.height), width: extent(input.width), channels: outputChannels)
    }
}
