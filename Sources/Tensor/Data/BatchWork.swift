/// Fills batches in their order, wherever it runs: on the caller's thread or beside it, but on one at a time.
final class BatchWork {
    private let set: ImageSet
    private let order: BatchOrder
    private var epoch = -1
    private var indices: [Int32] = []
    /// What the next `run` fills, and for which step.
    var batch: Batch
    var step: Int
    /// How the last `run` ended.
    private(set) var failure: TensorError?

    init(_ set: ImageSet, _ order: BatchOrder, first: Batch, step: Int) {
        (self.set, self.order, batch, self.step) = (set, order, first, step)
    }

    func run() {
        let (newEpoch, number) = step.quotientAndRemainder(dividingBy: order.batchesPerEpoch)
        if newEpoch != epoch { (epoch, indices) = (newEpoch, order.indices(epoch: newEpoch)) }
        do throws(TensorError) {
            try batch.fill(set, indices: indices[order.range(ofBatch: number)], step: step)
            failure = nil
        } catch { failure = error }
    }
}
