extension Checkpoint {
    /// Writes the optimizer's arrays as `<parameter>.<array>` with PyTorch's array names, and the number of steps done.
    /// Errors: `fileAccess`.
    public static func saveState(
        of trainer: Trainer, to path: String, metadata: [String: String] = [:]
    ) throws(TensorError) {
        var entries: [SafeTensors.Entry] = []
        for (name, shape, array, offset) in arrays(of: trainer) {
            entries.append(.init(name: name, tensor: try array.tensor(shape, at: offset)))
        }
        let all = metadata.merging(["step": "\(trainer.stepCount)"]) { _, own in own }
        try FileAccess.replace(path, with: SafeTensors(entries: entries, metadata: all).encoded())
    }

    /// Continues where `saveState` left off; answers the file's metadata. The model's own file has to be loaded too.
    /// Errors: `fileAccess`, `malformedFile`, `checkpointMismatch` for a state of another model or optimizer.
    @discardableResult
    public static func loadState(into trainer: Trainer, from path: String) throws(TensorError) -> [String: String] {
        let file = try SafeTensors(contentsOf: path)
        let tensors = Dictionary(file.entries.map { ($0.name, $0.tensor) }) { first, _ in first }
        guard let step = file.metadata["step"].flatMap({ Int($0) }), step >= 0 else {
            throw TensorError(.checkpointMismatch, "\(path) does not say how many steps were done")
        }
        let places = arrays(of: trainer)
        for (name, shape, _, _) in places where tensors[name]?.shape != shape || tensors[name]?.dtype != .float32 {
            throw TensorError(
                .checkpointMismatch, "\(path) has no \(name) of shape \(shape): it is of another model or optimizer")
        }
        for (name, _, array, offset) in places {
            if let floats = tensors[name]?.floats { try array.write(floats: floats, at: offset) }
        }
        trainer.stepCount = step
        return file.metadata
    }

    private static func arrays(of trainer: Trainer) -> [(name: String, shape: Shape, array: BufferHandle, offset: Int)]
    {
        let model = trainer.model
        return zip(trainer.optimizer.stateNames, trainer.state.arrays).flatMap { state, array in
            model.parameters.indices.filter { model.parameters[$0].isTrained }.map { index in
                let spec = model.parameters[index]
                return ("\(spec.name).\(state)", spec.shape, array, model.layout.offsets[index])
            }
        }
    }
}
