/// How gradients move parameters. The arithmetic is that of PyTorch's optimizers of the same names.
public struct Optimizer: Sendable, Hashable {
    public enum Rule: Sendable, Hashable {
        /// Stochastic gradient descent with momentum.
        case sgd(momentum: Float, nesterov: Bool)
        /// Adam with decoupled weight decay (Loshchilov & Hutter 2019).
        case adamW(beta1: Double, beta2: Double, epsilon: Float)
    }

    public let rule: Rule
    public let weightDecay: Float
    /// Whether norms and biases decay too, as they do in PyTorch when all parameters are in one group.
    public let decaysNormsAndBiases: Bool

    public init(_ rule: Rule, weightDecay: Float, decaysNormsAndBiases: Bool = false) {
        self.rule = rule
        self.weightDecay = weightDecay
        self.decaysNormsAndBiases = decaysNormsAndBiases
    }

    public static func sgd(momentum: Float = 0.9, nesterov: Bool = true, weightDecay: Float = 5e-4) -> Optimizer {
        Optimizer(.sgd(momentum: momentum, nesterov: nesterov), weightDecay: weightDecay)
    }

    public static func adamW(
        beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Float = 1e-8, weightDecay: Float = 1e-2
    ) -> Optimizer {
        Optimizer(.adamW(beta1: beta1, beta2: beta2, epsilon: epsilon), weightDecay: weightDecay)
    }

    /// Names of the arrays kept for each parameter, as PyTorch's.
    var stateNames: [String] {
        switch rule {
        case .sgd: ["momentum_buffer"]
        case .adamW: ["exp_avg", "exp_avg_sq"]
        }
    }
}
