/// Collects what layers describe. Names are prefixed by the scopes around them, as PyTorch's modules name theirs.
public struct GraphBuilder: Sendable {
    private(set) var operations: [GraphOperation] = []
    private(set) var parameters: [ParameterSpec] = []
    private(set) var activationCount = 0
    private var scopes: [String] = []

    /// Runs `body` with `name` before all parameter names in it.
    public mutating func scope<Result>(
        _ name: String, _ body: (inout GraphBuilder) throws(TensorError) -> Result
    ) throws(TensorError) -> Result {
        scopes.append(name)
        defer { scopes.removeLast() }
        return try body(&self)
    }

    mutating func activation(_ shape: FeatureShape) -> Activation {
        defer { activationCount += 1 }
        return Activation(id: activationCount, shape: shape)
    }

    /// Adds a parameter and answers its index. Errors: `invalidArgument` for a name that is taken.
    mutating func parameter(
        _ name: String, _ shape: Shape, _ role: ParameterSpec.Role, _ initializer: ParameterSpec.Initializer
    ) throws(TensorError) -> Int {
        let full = (scopes + [name]).joined(separator: ".")
        guard !parameters.contains(where: { $0.name == full }) else {
            throw TensorError(.invalidArgument, "two parameters are named \(full)")
        }
        parameters.append(ParameterSpec(name: full, shape: shape, role: role, initializer: initializer))
        return parameters.count - 1
    }

    mutating func append(_ operation: GraphOperation) -> Activation {
        operations.append(operation)
        return operation.output
    }
}
