import CTensor

/// The forward pass of a model with its running statistics, compiled for batches of up to `batch` images.
final class InferencePlan {
    let batch: Int
    let input: InputBuffer
    private let program: ProgramHandle
    private let arena: BufferHandle
    private let logitsOffset: Int
    private let classes: Int

    init(_ model: Model, batch: Int) throws(TensorError) {
        self.batch = batch
        classes = model.classes
        input = try InputBuffer(model.device, imageBytes: model.graph.input.shape.count, batch: batch)
        var builder = PlanBuilder(model.graph, model.layout, model.storage, batch: batch)
        builder.addInput(input, model.normalization, placed: false)
        builder.addForward()
        let logits = builder.block(of: model.graph.output)
        builder.keep(logits)
        let plan = try builder.build([input.handle])
        (program, arena, logitsOffset) = (plan.program, plan.arena, plan.offsets[logits])
    }

    /// Runs the first `count` images, appends their scores to `result` and sets `count` to 0.
    func run(_ count: inout Int, into result: inout [Float]) throws(TensorError) {
        try program.run(batch: count)
        result += try arena.floats(count * classes, at: logitsOffset)
        count = 0
    }
}
