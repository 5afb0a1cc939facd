/// In which order the images of an epoch are taken, and how they are cut into batches. A pure function of the seed and
/// the epoch, so that a run that is resumed sees the same batches.
public struct BatchOrder: Sendable, Hashable {
    /// Images in an epoch.
    public let count: Int
    /// Images in each batch but the last.
    public let batchSize: Int
    /// What the order depends on besides the epoch.
    public let seed: UInt64
    /// Whether each epoch has an order of its own; otherwise all have that of the set.
    public let shuffles: Bool

    /// `count` images in batches of `batchSize`; both are at least 1.
    public init(count: Int, batchSize: Int, seed: UInt64, shuffles: Bool = true) {
        precondition(count > 0 && batchSize > 0, "\(count) images in batches of \(batchSize)")
        self.count = count
        self.batchSize = batchSize
        self.seed = seed
        self.shuffles = shuffles
    }

    /// Batches of an epoch; the last may be smaller than the others.
    public var batchesPerEpoch: Int { (count + batchSize - 1) / batchSize }

    /// The images of epoch `epoch` in order.
    public func indices(epoch: Int) -> [Int32] {
        var order = (0..<Int32(count)).map(\.self)
        guard shuffles else { return order }
        var generator = SplitMix64(seed: seed, 0x5348_5546, UInt64(epoch))
        order.shuffle(using: &generator)
        return order
    }

    /// Positions of batch `batch` in an epoch's order.
    public func range(ofBatch batch: Int) -> Range<Int> {
        batch * batchSize..<min((batch + 1) * batchSize, count)
    }
}
