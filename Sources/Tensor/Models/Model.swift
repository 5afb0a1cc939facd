/// A described network with its parameters on a device. Not for use by two tasks at once.
public final class Model {
    /// The description that it was made from.
    public let graph: Graph
    /// `nil` for a network of one's own.
    public let architecture: Architecture?
    /// Applied to every image. Set it before a trainer is made.
    public var normalization: Normalization { didSet { inference = [:] } }
    /// Training batches seen, PyTorch's `num_batches_tracked`.
    public internal(set) var batchesTracked: Int64 = 0

    let device: DeviceHandle
    let layout: ParameterLayout
    let storage: BufferHandle
    private let indexByName: [String: Int]
    /// By the largest batch.
    private var inference: [Int: InferencePlan] = [:]
    /// Counts the changes of parameters.
    private var revision = 0
    /// Whether a trainer moves the parameters: then inference reads them as they are, in the memory that there is.
    private var isTrained = false

    /// A model of a known architecture with fresh parameters from `seed`.
    ///
    /// Errors: `invalidArgument`, `deviceUnavailable`, `outOfMemory`.
    public convenience init(
        architecture: Architecture, seed: UInt64, normalization: Normalization = .cifar100, device: Device = .cpu()
    ) throws(TensorError) {
        try self.init(
            try architecture.graph(), architecture: architecture, seed: seed, normalization: normalization,
            device: device)
    }

    /// A model of any described network.
    ///
    /// Errors: `invalidArgument` for a normalisation that does not fit the input, `deviceUnavailable`, `outOfMemory`.
    public init(
        _ graph: Graph, architecture: Architecture? = nil, seed: UInt64, normalization: Normalization,
        device: Device = .cpu()
    ) throws(TensorError) {
        try normalization.validate(channels: graph.input.shape.channels)
        self.graph = graph
        self.architecture = architecture
        self.normalization = normalization
        self.device = try DeviceHandle(device)
        layout = ParameterLayout(graph.parameters)
        storage = try BufferHandle(self.device, floats: layout.total)
        indexByName = Dictionary(uniqueKeysWithValues: graph.parameters.enumerated().map { ($1.name, $0) })
        for (index, spec) in graph.parameters.enumerated() {
            try storage.write(floats: spec.initialValues(seed: seed), at: layout.offsets[index])
        }
    }

    /// Names, shapes and roles, in the order of the network.
    public var parameters: [ParameterSpec] { graph.parameters }

    /// Number of trained values: 11,220,132 for ResNet-18 of 100 classes.
    public var parameterCount: Int { parameters.filter(\.isTrained).reduce(0) { $0 + $1.shape.count } }

    /// Class scores of an image.
    public var classes: Int { graph.output.shape.channels }

    /// The kernels in use, such as "cpu avx512".
    public var deviceName: String { device.name }

    func index(ofParameter name: String) -> Int? { indexByName[name] }

    /// The present value of a parameter; `nil` for an unknown name.
    public func tensor(_ name: String) throws(TensorError) -> Tensor? {
        guard let index = indexByName[name] else { return nil }
        return try storage.tensor(parameters[index].shape, at: layout.offsets[index])
    }

    /// Replaces a parameter. Errors: `checkpointMismatch` for an unknown name, another shape or another type.
    public func setTensor(_ name: String, _ tensor: Tensor) throws(TensorError) {
        guard let index = indexByName[name] else {
            throw TensorError(.checkpointMismatch, "the model has no parameter \(name)")
        }
        guard parameters[index].shape == tensor.shape, let floats = tensor.floats else {
            throw TensorError(
                .checkpointMismatch,
                "\(name) is \(tensor.dtype.rawValue) \(tensor.shape); the model has F32 \(parameters[index].shape)")
        }
        try storage.write(floats: floats, at: layout.offsets[index])
        revision += 1
    }

    /// From now on a trainer moves the parameters.
    func beginTraining() {
        isTrained = true
        inference = [:]
    }

    /// Class scores of the images of `set` at `indices`, with the running statistics: `indices.count * classes` values,
    /// image by image. A single image goes through kernels of its own, whose rounding may differ in the last digits.
    /// Errors: `invalidArgument` for images of another size and for an index that the set lacks, `outOfMemory`.
    public func logits(_ set: ImageSet, indices: some Collection<Int>) throws(TensorError) -> [Float] {
        let plan = try inferencePlan(images: indices.count)
        var result: [Float] = []
        result.reserveCapacity(indices.count * classes)
        var pending = 0
        for index in indices {
            try plan.input.write(set, image: index, at: pending)
            pending += 1
            if pending == plan.batch { try plan.run(&pending, revision: revision, into: &result) }
        }
        if pending > 0 { try plan.run(&pending, revision: revision, into: &result) }
        return result
    }

    /// Class scores of images that lie side by side, each as planes of bytes. Errors: `invalidArgument` for a part of an
    /// image at the end, `outOfMemory`.
    public func logits(images: UnsafeBufferPointer<UInt8>) throws(TensorError) -> [Float] {
        let size = graph.input.shape.count
        guard images.count % size == 0 else {
            throw TensorError(.invalidArgument, "\(images.count) bytes are no whole number of images of \(size)")
        }
        let plan = try inferencePlan(images: images.count / size)
        var result: [Float] = []
        var pending = 0
        for start in stride(from: 0, to: images.count, by: size) {
            let row = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(images)[start..<start + size])
            try plan.input.write(row: row, at: pending)
            pending += 1
            if pending == plan.batch { try plan.run(&pending, revision: revision, into: &result) }
        }
        if pending > 0 { try plan.run(&pending, revision: revision, into: &result) }
        return result
    }

    /// A plan for single images, or one for many.
    private func inferencePlan(images: Int) throws(TensorError) -> InferencePlan {
        let batch = images == 1 && !isTrained ? 1 : 64
        if let known = inference[batch] { return known }
        let plan = try InferencePlan(self, batch: batch, prepared: !isTrained)
        inference[batch] = plan
        return plan
    }
}
