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

    /// The normalisation in a file's metadata; `nil` where there is none, as in files that PyTorch writes.
    private static func normalization(
        in metadata: [String: String], channels: Int, _ path: String
    ) throws(TensorError) -> Normalization? {
        let texts = ["normalization_mean", "normalization_deviation"].map { metadata[$0] }
        if texts == [nil, nil] { return nil }
        let (mean, deviation) = (floats(texts[0]), floats(texts[1]))
        let result = Normalization(mean: mean, deviation: deviation)
        do { try result.validate(channels: channels) } catch {
            let shown = texts.map { $0.map { "'\($0)'" } ?? "nothing" }
            throw TensorError(
                .malformedFile,
                "\(path): malformed normalisation: mean \(shown[0]) and deviation \(shown[1]) for \(channels) channels")
        }
        return result
    }

    /// The numbers of a text; what is none becomes NaN, which no check lets pass.
    private static func floats(_ text: String?) -> [Float] {
        (text ?? "").split(separator: " ").map { Float($0) ?? .nan }
    }

    /// Fills `model` from a file; answers the file's metadata. A file without our metadata, as PyTorch writes it,
    /// leaves the normalisation alone. Errors: `fileAccess`, `malformedFile`, `checkpointMismatch` naming the first
    /// parameter that is missing, left over or of another shape; the model is unchanged then.
    @discardableResult
    public static func load(into model: Model, from path: String) throws(TensorError) -> [String: String] {
        try fill(model, from: try SafeTensors(contentsOf: path), path)
    }

    private static func fill(
        _ model: Model, from file: SafeTensors, _ path: String
    ) throws(TensorError) -> [String: String] {
        let tensors = Dictionary(file.entries.map { ($0.name, $0.tensor) }) { first, _ in first }
        try verify(tensors, fit: model.parameters, path)
        let channels = model.graph.input.shape.channels
        let normalization = try normalization(in: file.metadata, channels: channels, path)
        for spec in model.parameters {
            if let tensor = tensors[spec.name] { try model.setTensor(spec.name, tensor) }
        }
        let counters = file.entries.filter { $0.name.hasSuffix("." + batchesTracked) }
        model.batchesTracked = counters.compactMap(\.tensor.scalar).max() ?? 0
        if let normalization { model.normalization = normalization }
        return file.metadata
    }

    private static func verify(
        _ tensors: [String: Tensor], fit parameters: [ParameterSpec], _ path: String
    ) throws(TensorError) {
        for spec in parameters {
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
        let known = Set(parameters.map(\.name))
        for name in tensors.keys.sorted() where !known.contains(name) && !name.hasSuffix("." + batchesTracked) {
            throw TensorError(.checkpointMismatch, "\(path) has \(name), which the model lacks")
        }
    }

    /// A model as its checkpoint describes it, with the file's parameters. Errors: as `load`, and `checkpointMismatch`
    /// for a file that does not name a known architecture.
    public static func model(from path: String, device: Device = .cpu()) throws(TensorError) -> Model {
        try model(of: try SafeTensors(contentsOf: path), path: path, device: device)
    }

    /// The same of a file that was read already. Errors: those of `model(from:device:)` but `fileAccess`.
    public static func model(
        of file: SafeTensors, path: String, device: Device = .cpu()
    ) throws(TensorError) -> Model {
        guard let name = file.metadata["architecture"].flatMap(Architecture.Name.init),
            let text = file.metadata["classes"]
        else {
            throw TensorError(.checkpointMismatch, "\(path) does not name an architecture and its classes")
        }
        let architecture = Architecture(name, classes: try classes(text, of: file, path))
        let tensors = Dictionary(file.entries.map { ($0.name, $0.tensor) }) { first, _ in first }
        // Before the model is made: its memory is then no more than the file has arrays for.
        try verify(tensors, fit: try architecture.graph().parameters, path)
        let model = try Model(architecture: architecture, seed: 0, device: device)
        _ = try fill(model, from: file, path)
        return model
    }

    /// A number of classes for which the file has an array with as many rows.
    private static func classes(_ text: String, of file: SafeTensors, _ path: String) throws(TensorError) -> Int {
        let rows = file.entries.filter { !$0.tensor.bytes.isEmpty }.compactMap(\.tensor.shape.extents.first)
        guard let classes = Int(text), classes >= 2, rows.contains(classes) else {
            throw TensorError(
                .malformedFile, "\(path): malformed: it says \(text) classes, and no array in it has as many rows")
        }
        return classes
    }
}
