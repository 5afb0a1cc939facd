/// Layers one after the other, each under a name of its own.
public struct Sequential: Layer {
    public let layers: [(name: String, layer: any Layer)]

    public init(_ layers: [(name: String, layer: any Layer)]) { self.layers = layers }

    /// Named by position, as PyTorch's `Sequential`: "0", "1", ...
    public init(_ layers: any Layer...) {
        self.layers = layers.enumerated().map { ("\($0.offset)", $0.element) }
    }

    public func callAsFunction(_ input: Activation, in graph: inout GraphBuilder) throws(TensorError) -> Activation {
        var value = input
        for (name, layer) in layers {
            value = try graph.scope(name) { (graph) throws(TensorError) in try layer(value, in: &graph) }
        }
        return value
    }
}
