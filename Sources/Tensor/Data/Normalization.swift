/// Per-channel mean and deviation that images are normalised with, on a scale of 0 to 1. They belong to the model: its
/// checkpoints carry them, so that inference cannot use others.
public struct Normalization: Sendable, Hashable {
    /// One for each channel, on a scale of 0 to 1.
    public let mean: [Float]
    /// One for each channel, on the same scale; a model refuses any that is not positive.
    public let deviation: [Float]

    /// Mean and deviation of each channel, of which there are at most four; a model checks them when it is made.
    public init(mean: [Float], deviation: [Float]) {
        self.mean = mean
        self.deviation = deviation
    }

    /// Statistics of CIFAR-100's training images.
    public static let cifar100 = Normalization(mean: [0.5071, 0.4865, 0.4409], deviation: [0.2673, 0.2564, 0.2762])
    /// Statistics of CIFAR-10's training images.
    public static let cifar10 = Normalization(mean: [0.4914, 0.4822, 0.4465], deviation: [0.2470, 0.2435, 0.2616])

    /// Errors: `invalidArgument` unless there is one positive deviation and one mean for each of at most four channels.
    func validate(channels: Int) throws(TensorError) {
        let positive = deviation.allSatisfy { $0 > 0 && $0.isFinite } && mean.allSatisfy(\.isFinite)
        guard mean.count == channels, deviation.count == channels, channels <= 4, positive else {
            throw TensorError(
                .invalidArgument, "normalisation by mean \(mean) and deviation \(deviation) for \(channels) channels")
        }
    }
}
