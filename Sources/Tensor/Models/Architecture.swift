/// The models that are known by name, as `model=` of the stages and `architecture` in checkpoints spell it.
public struct Architecture: Sendable, Hashable, CustomStringConvertible {
    /// Spelt as in `model=` and in checkpoints.
    public enum Name: String, Sendable, CaseIterable {
        case resnet18, resnet34
        case smallCNN = "cnn"
        case mlp
    }

    /// The network.
    public let name: Name
    /// Class scores of an image, at least 2.
    public let classes: Int
    /// Images as they enter.
    public let input: FeatureShape

    /// The 32 x 32 colour images of CIFAR.
    public static let cifarInput = FeatureShape(height: 32, width: 32, channels: 3)

    /// A network for images of shape `input`.
    public init(_ name: Name, classes: Int, input: FeatureShape = cifarInput) {
        self.name = name
        self.classes = classes
        self.input = input
    }

    /// ResNet-18 for images of 32 x 32 x 3.
    public static func resnet18(classes: Int) -> Architecture { Architecture(.resnet18, classes: classes) }

    /// ResNet-34 for images of 32 x 32 x 3.
    public static func resnet34(classes: Int) -> Architecture { Architecture(.resnet34, classes: classes) }

    /// Three small convolutions: for tests and first tries.
    public static func smallCNN(classes: Int) -> Architecture { Architecture(.smallCNN, classes: classes) }

    /// Two hidden layers, of 256 and 128 values.
    public static func mlp(classes: Int) -> Architecture { Architecture(.mlp, classes: classes) }

    /// The name, as `model=` spells it.
    public var description: String { name.rawValue }

    /// The description of the model. Errors: `invalidArgument` for classes or an input that do not fit.
    public func graph() throws(TensorError) -> Graph {
        guard classes >= 2 else { throw TensorError(.invalidArgument, "a model for \(classes) classes") }
        switch name {
        case .resnet18: return try Graph(ResNet(blocks: [2, 2, 2, 2], classes: classes), input: input)
        case .resnet34: return try Graph(ResNet(blocks: [3, 4, 6, 3], classes: classes), input: input)
        case .smallCNN: return try Graph(SmallCNN(classes: classes), input: input)
        case .mlp: return try Graph(MLP(hidden: [256, 128], classes: classes), input: input)
        }
    }
}
