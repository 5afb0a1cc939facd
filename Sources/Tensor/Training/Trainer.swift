import CTensor

/// Trains a model step by step. Everything is laid out when it is made; a step allocates nothing.
///
/// Same model, seed, batches and CPU path give the same bits, whatever the number of threads.
public final class Trainer {
    /// What a step did.
    public struct StepResult: Sendable, Equatable {
        /// The step's number, from 0.
        public let step: Int
        /// Mean over the batch, with label smoothing, before the parameters moved.
        public let loss: Float
        /// What the step moved the parameters with.
        public let learningRate: Float
    }

    /// Whose parameters move.
    public let model: Model
    /// How they move.
    public let optimizer: Optimizer
    /// The learning rate of each step.
    public let schedule: Schedule
    /// How images are moved about.
    public let augmentation: Augmentation
    /// Most images of a step.
    public let batchSize: Int
    /// How activations are stored.
    public let precision: Precision
    /// Of the augmentation.
    public let seed: UInt64
    /// Steps done since training began, before a resumed run too.
    public internal(set) var stepCount = 0
    /// Bytes that activations and gradients take.
    public let arenaBytes: Int

    let state: OptimizerState
    let gradients: BufferHandle
    private let input: InputBuffer
    private let program: ProgramHandle
    /// For callers without a loader.
    private let ownBatch: Batch

    /// Compiles training of `model` in batches of up to `batchSize` images.
    ///
    /// `seed` is that of the augmentation. Errors: `invalidArgument` for a batch size or smoothing out of range,
    /// `outOfMemory`.
    public init(
        _ model: Model, optimizer: Optimizer, schedule: Schedule, labelSmoothing: Float = 0, batchSize: Int,
        augmentation: Augmentation = .none, seed: UInt64 = 0, precision: Precision = .float32
    ) throws(TensorError) {
        guard (1...65536).contains(batchSize) else {
            throw TensorError(.invalidArgument, "batch size is \(batchSize); it must be 1 to 65536")
        }
        for (name, pixels) in [("padding", augmentation.padding), ("cutout", augmentation.cutout)]
        where !(0...1024).contains(pixels) {
            throw TensorError(.invalidArgument, "\(name) is \(pixels) pixels; it must be 0 to 1024")
        }
        (self.model, self.optimizer, self.schedule, self.augmentation) = (model, optimizer, schedule, augmentation)
        (self.batchSize, self.seed, self.precision) = (batchSize, seed, precision)
        model.beginTraining()
        gradients = try BufferHandle(model.device, floats: model.layout.trained)
        input = try InputBuffer(model.device, imageBytes: model.graph.input.shape.count, batch: batchSize)
        state = try OptimizerState(optimizer, model.layout, parameters: model.storage, gradients: gradients)
        (program, arenaBytes) = try Self.compile(
            model, input, gradients, augmentation, labelSmoothing, batchSize, precision)
        ownBatch = Batch(batchSize, model.graph.input.shape, classes: model.classes, augmentation, seed: seed)
    }

    private static func compile(
        _ model: Model, _ input: InputBuffer, _ gradients: BufferHandle, _ augmentation: Augmentation,
        _ smoothing: Float, _ batch: Int, _ precision: Precision
    ) throws(TensorError) -> (ProgramHandle, Int) {
        var builder = PlanBuilder(model.graph, model.layout, model.storage, batch: batch, precision: precision)
        var saved: [Int: Int] = [:]
        for case (let index, .batchNorm(let node)) in model.graph.operations.enumerated() {
            saved[index] = builder.block(2 * node.input.shape.channels)
        }
        builder.addInput(input, model.normalization, augmentation)
        builder.addForward(saved: saved)
        try BackwardSweep.add(to: &builder, input: input, gradients: gradients, saved: saved, smoothing: smoothing)
        let plan = try builder.build([input.handle, gradients])
        return (plan.program, Int(ct_buffer_bytes(plan.arena.pointer)))
    }

    /// An empty batch of this trainer's size and augmentation, for a loader to fill.
    func makeBatch() -> Batch {
        Batch(batchSize, model.graph.input.shape, classes: model.classes, augmentation, seed: seed)
    }

    /// One step on the images of `set` at `indices`, at most `batchSize` of them.
    ///
    /// Errors: `invalidArgument` for an empty or too large batch or an index outside the set; `labelOutOfRange`;
    /// `nonFiniteLoss`, after which no parameter has moved.
    @discardableResult
    public func step(_ set: ImageSet, indices: ArraySlice<Int32>) throws(TensorError) -> StepResult {
        try ownBatch.fill(set, indices: indices, step: stepCount)
        return try step(ownBatch)
    }

    /// One step on the images of `set` at `indices`, which are copied first. Errors: as above.
    @discardableResult
    public func step(_ set: ImageSet, indices: some Collection<Int32>) throws(TensorError) -> StepResult {
        try step(set, indices: ArraySlice(indices))
    }

    /// One step on images that lie side by side, each as planes of bytes: row by row, channel after channel.
    ///
    /// Errors: `invalidArgument` if the number of bytes is not that of as many images as there are labels; also as
    /// above.
    @discardableResult
    public func step(
        images: UnsafeBufferPointer<UInt8>, labels: UnsafeBufferPointer<Int32>
    ) throws(TensorError) -> StepResult {
        try ownBatch.fill(images: images, labels: labels, step: stepCount)
        return try step(ownBatch)
    }

    /// One step on a batch that was filled for it, by a `BatchLoader`.
    ///
    /// Errors: `invalidArgument` for an empty batch or one of another step or size; `nonFiniteLoss`, as above.
    @discardableResult
    public func step(_ batch: Batch) throws(TensorError) -> StepResult {
        guard batch.step == stepCount, batch.capacity == batchSize else {
            throw TensorError(
                .invalidArgument,
                "a batch of up to \(batch.capacity) images for step \(batch.step); the trainer is at step \(stepCount) "
                    + "and takes up to \(batchSize)")
        }
        try input.write(batch)
        try program.run(batch: batch.count)
        let loss = try input.readLoss()
        guard loss.isFinite else {
            throw TensorError(
                .nonFiniteLoss,
                "the loss is \(loss.isNaN ? "nan" : "\(loss)") at step \(stepCount); a lower learning rate may help")
        }
        return try moveParameters(loss: loss)
    }

    private func moveParameters(loss: Float) throws(TensorError) -> StepResult {
        let rate = schedule.learningRate(at: stepCount)
        try state.apply(learningRate: rate, step: stepCount)
        defer { stepCount += 1 }
        model.batchesTracked += 1
        return StepResult(step: stepCount, loss: loss, learningRate: rate)
    }

    /// The gradient of a trained parameter after the last step, in PyTorch's layout; `nil` for other names.
    public func gradient(of name: String) throws(TensorError) -> Tensor? {
        guard let index = model.index(ofParameter: name), model.parameters[index].isTrained else { return nil }
        return try gradients.tensor(model.parameters[index].shape, at: model.layout.offsets[index])
    }
}
