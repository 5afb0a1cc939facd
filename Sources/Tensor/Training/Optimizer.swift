/// How gradients move parameters. The arithmetic is that of PyTorch's optimizers of the same names.
public struct Optimizer: Sendable, Hashable {
    /// The formula.
    public enum Rule: Sendable, Hashable {
        /// Stochastic gradient descent with momentum.
        case sgd(momentum: Float, nesterov: Bool)
        /// Adam with decoupled weight decay (Loshchilov & Hutter 2019).
        case adamW(beta1: Double, beta2: Double, epsilon: Float)
    }

    /// The formula.
    public let rule: Rule
    /// SGD adds this many times the parameter to its gradient; AdamW takes learning rate times this share off the
    /// parameter.
    public let weightDecay: Float
    /// Whether norms and biases decay too, as they do in PyTorch when all parameters are in one group.
    public let decaysNormsAndBiases: Bool

    /// A formula with its decay, which is not negative.
    public init(_ rule: Rule, weightDecay: Float, decaysNormsAndBiases: Bool = false) {
        self.rule = rule
        self.weightDecay = weightDecay
        self.decaysNormsAndBiases = decaysNormsAndBiases
    }

    /// SGD; `momentum` is 0 to 1, and Nesterov's form is that of Sutskever et al. 2013.
    public static func sgd(momentum: Float = 0.9, nesterov: Bool = true, weightDecay: Float = 5e-4) -> Optimizer {
        Optimizer(.sgd(momentum: momentum, nesterov: nesterov), weightDecay: weightDecay)
    }

    /// AdamW (Loshchilov & Hutter 2019); `beta1` and `beta2` are 0 to 1, `epsilon` is added to the root of the second
    /// moment.
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
