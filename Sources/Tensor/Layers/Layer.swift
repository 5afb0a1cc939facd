/// A part of a model, as a small value. Calling it describes the computation; nothing runs and no memory is taken until
/// the whole is compiled.
public protocol Layer: Sendable {
    /// Describes this layer on `input`. Errors: `invalidArgument` when the input's shape does not fit.
    func callAsFunction(_ input: Activation, in graph: inout GraphBuilder) throws(TensorError) -> Activation
}
