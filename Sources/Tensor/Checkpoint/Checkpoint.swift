/// Models and training states as safetensors files. A model's file has PyTorch's parameter names, so that
/// `load_state_dict(safetensors.torch.load_file(path))` takes it; the optimizer's arrays go to a file of their own.
public enum Checkpoint {
    private static let batchesTracked = "num_batches_tracked"

    /// Writes the parameters, and as metadata the architecture, the normalisation and whatever `metadata` adds. The
    /// file appears whole or not at all. Errors: `fileAccess`.
    public static func save(_ model: Model, to path: String, metadata: [String: String] = [:]) throws(TensorError) {
        var entries: [SafeTensors.Entry] = []
        for spec in model.parameters {
            guard let tensor = try model.tensor(spec.name) else { continue }
            entries.append(.init(name: spec.name, tensor: tensor))
            guard spec.name.hasSuffix(".running_var") else { continue }
            let counter = spec.name.dropLast("running_var".count) + batchesTracked
            entries.append(.init(name: String(counter), tensor: Tensor(scalar: model.batchesTracked)))
        }
        let all = metadata.merging(ownMetadata(of: model)) { _, own in own }
        try FileAccess.replace(path, with: SafeTensors(entries: entries, metadata: all).encoded())
    }

    private static func ownMetadata(of model: Model) -> [String: String] {
        var result = [
            "format": "pt", "classes": "\(model.classes)",
            "normalization_mean": text(model.normalization.mean),
            "normalization_deviation": text(model.normalization.deviation),
        ]
        result["architecture"] = model.architecture?.name.rawValue
        return result
    }

    private static func text(_ values: [Float]) -> String { values.map(\.description).joined(separator: " ") }

    private static func floats(_ text: String?) -> [Float]? {
        guard let text else { return nil }
        let values = text.split(separator: " ").map { Float($0) }
        return values.contains(nil) ? nil : values.compactMap(\.self)
    }

    /// Fills `model` from a file; answers the file's metadata. A file without our metadata, as PyTorch writes it,
    /// leaves the normalisation alone. Errors: `fileAccess`, `malformedFile`, `checkpointMismatch` naming the first
    /// parameter that is missing, left over or of another shape; the model is unchanged then.
    @discardableResult
    public static func load(into model: Model, from path: String) throws(TensorError) -> [String: String] {
        let file = try SafeTensors(decoding: FileAccess.read(path))
        let tensors = Dictionary(file.entries.map { ($0.name, $0.tensor) }) { first, _ in first }
        try verify(tensors, fit: model, path)
        for spec in model.parameters {
            if let tensor = tensors[spec.name] { try model.setTensor(spec.name, tensor) }
        }
        let counters = file.entries.filter { $0.name.hasSuffix("." + batchesTracked) }
        model.batchesTracked = counters.compactMap(\.tensor.scalar).max() ?? 0
        if let mean = floats(file.metadata["normalization_mean"]),
            let deviation = floats(file.metadata["normalization_deviation"])
        {
            let normalization = Normalization(mean: mean, deviation: deviation)
            try normalization.validate(channels: model.graph.input.shape.channels)
            model.normalization = normalization
        }
        return file.metadata
    }

    private static func verify(_ tensors: [String: Tensor], fit model: Model, _ path: String) throws(TensorError) {
        for spec in model.parameters {
            guard let tensor = tensors[spec.name] else {
                throw TensorError(.checkpointMismatch, "\(path) has no \(spec.name): it is of another model")
            }
            guard tensor.shape == spec.shape, tensor.dtype == .float32 else {
                throw TensorError(
                    .checkpointMismatch,
                    "\(path): \(spec.name) is \(tensor.dtype.rawValue) \(tensor.shape); the model has F32 \(spec.shape)"
                )
            }
        }
        let known = Set(model.parameters.map(\.name))
        for name in tensors.keys.sorted() where !known.contains(name) && !name.hasSuffix("." + batchesTracked) {
            throw TensorError(.checkpointMismatch, "\(path) has \(name), which the model lacks")
        }
    }

    /// A model as its checkpoint describes it, with the file's parameters. Errors: as `load`, and `checkpointMismatch`
    /// for a file that does not name a known architecture.
    public static func model(from path: String, device: Device = .cpu()) throws(TensorError) -> Model {
        let metadata = try SafeTensors(decoding: FileAccess.read(path)).metadata
        guard let name = metadata["architecture"].flatMap(Architecture.Name.init),
            let classes = metadata["classes"].flatMap({ Int($0) })
        else {
            throw TensorError(.checkpointMismatch, "\(path) does not name an architecture and its classes")
        }
        let model = try Model(architecture: Architecture(name, classes: classes), seed: 0, device: device)
        try load(into: model, from: path)
        return model
    }
}
