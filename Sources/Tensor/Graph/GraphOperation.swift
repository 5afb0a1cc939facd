/// One operation of a described model. Parameters are indices into `Graph.parameters`.
enum GraphOperation: Sendable {
    case conv2d(Conv2DOperation)
    case batchNorm(BatchNormOperation)
    case relu(input: Activation, output: Activation)
    case maxPool(input: Activation, output: Activation, size: Int)
    case averagePool(input: Activation, output: Activation)
    case linear(LinearOperation)

    var output: Activation {
        switch self {
        case .conv2d(let operation): operation.output
        case .batchNorm(let operation): operation.output
        case .relu(_, let output), .maxPool(_, let output, _), .averagePool(_, let output): output
        case .linear(let operation): operation.output
        }
    }
}

struct Conv2DOperation: Sendable {
    let input: Activation
    let output: Activation
    let weight: Int
    let kernel: Int
    let stride: Int
    let padding: Int
}

struct BatchNormOperation: Sendable {
    let input: Activation
    let residual: Activation?
    let output: Activation
    let gamma: Int
    let beta: Int
    let runningMean: Int
    let runningVariance: Int
    let epsilon: Float
    let momentum: Float
    let relu: Bool
}

struct LinearOperation: Sendable {
    let input: Activation
    let output: Activation
    let weight: Int
    let bias: Int
}
