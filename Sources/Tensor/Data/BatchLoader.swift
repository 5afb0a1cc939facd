/// Hands a trainer its batches in the order of `BatchOrder`. It is one batch ahead: while a step runs, a thread of the
/// loader's own fills the batch after it, which takes two batches' memory and never more. The batches are the same
/// bytes as without that thread.
///
/// Not for use by two threads at once.
public final class BatchLoader {
    private let end: Int
    private let thread: BackgroundThread?
    private let work: BatchWork
    /// The batch that the caller does not hold.
    private var spare: Batch
    private var next: Int

    /// The batches from the trainer's present step up to step `end`, which is not among them. Without `isAhead`, each
    /// is filled when it is asked for, by the caller's thread.
    ///
    /// Errors: `system` where no thread can be started.
    public init(
        _ set: ImageSet, _ order: BatchOrder, for trainer: Trainer, end: Int, isAhead: Bool = true
    ) throws(TensorError) {
        self.end = end
        next = trainer.stepCount
        spare = trainer.makeBatch()
        work = BatchWork(set, order, first: trainer.makeBatch(), step: next)
        thread = isAhead ? try BackgroundThread() : nil
        if next < end { thread?.start(work) }
    }

    deinit { thread?.wait() }

    /// The next batch, which is the caller's until the next call; `nil` after the last.
    ///
    /// Errors: `invalidArgument`, `labelOutOfRange`: as `Trainer.step`, for the batch that is due.
    public func nextBatch() throws(TensorError) -> Batch? {
        guard next < end else { return nil }
        if let thread { thread.wait() } else { work.run() }
        if let failure = work.failure { throw failure }
        let filled = work.batch
        (work.batch, spare) = (spare, filled)
        next += 1
        work.step = next
        if next < end { thread?.start(work) }
        return filled
    }
}
