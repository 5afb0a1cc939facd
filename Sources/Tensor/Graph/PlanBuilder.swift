import CTensor

/// Turns a graph into a program. Operations are first listed as steps that name the memory blocks they touch; when all
/// are known, memory is laid out and the steps are emitted with their addresses.
struct PlanBuilder {
    /// The address of a block, once memory is laid out.
    typealias Views = (Int) -> ct_view
    typealias Emit = (_ program: OpaquePointer, _ view: Views) -> ct_status

    let graph: Graph
    let layout: ParameterLayout
    let parameters: BufferHandle
    let batch: Int
    private let precision: Precision
    private var memory = MemoryPlan()
    private var steps: [Emit] = []
    private var activationBlocks: [Int: Int] = [:]

    init(
        _ graph: Graph, _ layout: ParameterLayout, _ parameters: BufferHandle, batch: Int,
        precision: Precision = .float32
    ) {
        self.graph = graph
        self.layout = layout
        self.parameters = parameters
        self.batch = batch
        self.precision = precision
    }

    /// A new block of `floats`.
    mutating func block(_ floats: Int) -> Int { memory.block(floats) }

    /// The block of an activation, for the whole batch.
    mutating func block(of activation: Activation) -> Int {
        if let known = activationBlocks[activation.id] { return known }
        let block = newBlock(for: activation)
        activationBlocks[activation.id] = block
        return block
    }

    /// Another block of an activation's size, for its gradient or for a second copy.
    mutating func newBlock(for activation: Activation) -> Int {
        let bytes = activation.shape.count * batch * Int(ct_format_size(format(of: activation)))
        return memory.block((bytes + 3) / 4)
    }

    /// How an activation and its gradient lie in memory. Class scores of a linear layer stay f32: they are few, and the
    /// loss is taken from them.
    func format(of activation: Activation) -> ct_format {
        guard activation == graph.output, case .linear = graph.operations.last(where: { $0.output == activation }) else {
            return precision.format
        }
        return CT_F32
    }

    /// Appends a step that reads or writes `blocks`.
    mutating func step(touching blocks: [Int], _ emit: @escaping Emit) {
        for block in blocks { memory.touch(block, at: steps.count) }
        steps.append(emit)
    }

    /// Keeps a block's contents until the program has ended.
    mutating func keep(_ block: Int) { memory.touch(block, at: Int.max) }

    func view(ofParameter index: Int) -> ct_view { parameters.view(layout.offsets[index]) }

    /// Lays out the memory, allocates it and emits all steps.
    func build(_ buffers: [BufferHandle]) throws(TensorError) -> (
        program: ProgramHandle, arena: BufferHandle, offsets: [Int]
    ) {
        let device = parameters.device
        let (offsets, total) = memory.solve()
        let arena = try BufferHandle(device, floats: total)
        let program = try ProgramHandle(device, maxBatch: batch, buffers: buffers + [parameters, arena])
        for emit in steps { try check(emit(program.pointer) { arena.view(offsets[$0]) }) }
        try program.seal()
        return (program, arena, offsets)
    }
}
