import CTensor

/// The forward pass of a model with its running statistics, compiled for batches of up to `batch` images.
final class InferencePlan {
    let batch: Int
    let input: InputBuffer
    private let program: ProgramHandle
    private let arena: BufferHandle
    private let logitsOffset: Int
    private let classes: Int
    /// `nil` where the weights are read as they are in each run.
    private let folded: FoldedConvolutions?
    /// The model's revision that the folded weights belong to.
    private var revision: Int?

    /// With `prepared`, batch normalisation is folded into weights that are kept in the kernels' form: faster, for about
    /// four times the memory of the parameters, and worked out again when the parameters have changed.
    init(_ model: Model, batch: Int, prepared: Bool) throws(TensorError) {
        self.batch = batch
        classes = model.classes
        input = try InputBuffer(model.device, imageBytes: model.graph.input.shape.count, batch: batch)
        var builder = PlanBuilder(model.graph, model.layout, model.storage, batch: batch)
        builder.addInput(input, model.normalization)
        folded = prepared ? try FoldedConvolutions(builder) : nil
        if let folded { builder.addInference(folded) } else { builder.addForward() }
        let logits = builder.block(of: model.graph.output)
        builder.keep(logits)
        let plan = try builder.build([input.handle, folded?.buffer].compactMap(\.self))
        (program, arena, logitsOffset) = (plan.program, plan.arena, plan.offsets[logits])
    }

    /// Runs the first `count` images with the parameters of `revision`, appends their scores to `result` and sets `count`
    /// to 0.
    func run(_ count: inout Int, revision current: Int, into result: inout [Float]) throws(TensorError) {
        if let folded, revision != current {
            try folded.prepare()
            revision = current
        }
        try program.run(batch: count)
        result += try arena.floats(count * classes, at: logitsOffset)
        count = 0
    }
}
