/// One named array of a model, in PyTorch's name and layout.
public struct ParameterSpec: Sendable, Equatable {
    /// What a parameter is to training.
    public enum Role: Sendable {
        /// A convolution's or linear layer's weight: trained, with weight decay.
        case weight
        /// A bias, or a scale or shift of a normalisation: trained, by default without weight decay.
        case normOrBias
        /// A running statistic: not trained, kept in checkpoints.
        case statistic
    }

    /// The first value.
    public enum Initializer: Sendable, Equatable {
        case constant(Float)
        /// Normal with deviation sqrt(2 / fan) (He et al. 2015).
        case kaimingNormal(fan: Int)
        /// Uniform in -bound..<bound.
        case uniform(bound: Float)
    }

    /// Such as `layer1.0.conv1.weight`.
    public let name: String
    /// PyTorch's: [out, in, row, column] of a convolution, [out, in] of a linear layer, [channels] otherwise.
    public let shape: Shape
    /// What it is to training.
    public let role: Role

    /// The values that it has in a fresh model.
    public let initializer: Initializer

    /// Whether an optimizer moves it.
    public var isTrained: Bool { role != .statistic }
}
