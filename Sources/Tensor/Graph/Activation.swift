/// A value that flows between layers while a model is described: a name for memory that the plan lays out later.
public struct Activation: Sendable, Hashable {
    let id: Int
    /// Of one image's values.
    public let shape: FeatureShape
}
