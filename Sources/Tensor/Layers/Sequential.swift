/// Layers one after the other, each under a name of its own.
public struct Sequential: Layer {
    /// In their order; a name is the scope of its layer's parameters.
    public let layers: [(name: String, layer: any Layer)]

    /// These layers, with names that differ.
    public init(_ layers: [(name: String, layer: any Layer)]) { self.layers = layers }

    /// Named by position, as PyTorch's `Sequential`: "0", "1", ...
    public init(_ layers: any Layer...) {
        self.layers = layers.enumerated().map { ("\($0.offset)", $0.element) }
    }

    /// Output: that of the last layer. Errors: those of the layers, and `invalidArgument` for a name that is used
    /// twice.
    public func callAsFunction(_ input: Activation, in graph: inout GraphBuilder) throws(TensorError) -> Activation {
        var value = input
        for (name, layer) in layers {
            value = try graph.scope(name) { (graph) throws(TensorError) in try layer(value, in: &graph) }
        }
        return value
    }
}
