import Testing

@testable import Tensor

@Suite struct CheckpointTests {
    private func model(_ architecture: Architecture = .smallCNN(classes: 10), seed: UInt64 = 1) throws -> Model {
        try Model(architecture: architecture, seed: seed, normalization: .cifar10, device: .cpu(threads: 1))
    }

    @Test func modelComesBackAsItWas() throws {
        let saved = try model(seed: 1)
        saved.batchesTracked = 42
        try withTemporaryFolder { folder in
            let path = folder + "/model.safetensors"
            try Checkpoint.save(saved, to: path, metadata: ["epoch": "3"])
            #expect(files(in: folder) == ["model.safetensors"])
            let loaded = try Checkpoint.model(from: path, device: .cpu(threads: 1))
            #expect(loaded.architecture == .smallCNN(classes: 10))
            #expect(loaded.normalization == .cifar10)
            #expect(loaded.batchesTracked == 42)
            for spec in saved.parameters { #expect(try loaded.tensor(spec.name) == saved.tensor(spec.name)) }
            #expect(try Checkpoint.load(into: loaded, from: path)["epoch"] == "3")
        }
    }

    @Test func checkpointOfAnotherModelIsRefusedAndChangesNothing() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/model.safetensors"
            try Checkpoint.save(try model(.smallCNN(classes: 7)), to: path)
            let other = try model(seed: 2)
            let before = try other.tensor("conv1.weight")
            let shape = #expect(throws: TensorError.self) { try Checkpoint.load(into: other, from: path) }
            #expect(shape?.code == .checkpointMismatch)
            #expect(shape?.message == "\(path): fc.weight is F32 [7, 128]; the model has F32 [10, 128]")
            #expect(try other.tensor("conv1.weight") == before)
            let name = #expect(throws: TensorError.self) {
                try Checkpoint.load(into: try model(.mlp(classes: 7)), from: path)
            }
            #expect(name?.message == "\(path) has no fc1.weight: it is of another model")
        }
    }

    /// A checkpoint whose metadata somebody has changed; `nil` takes a member out.
    private func crafted(_ path: String, _ changes: [String: String?], extra: [SafeTensors.Entry] = []) throws {
        try Checkpoint.save(try model(), to: path)
        var file = try SafeTensors(contentsOf: path)
        for (key, value) in changes { file.metadata[key] = value }
        file.entries += extra
        writeFile(path, file.encoded())
    }

    @Test(arguments: ["9223372036854775807", "-10", "0", "1", "11", "ten", ""])
    func classesThatNoArrayHasAreMalformed(_ classes: String) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/model.safetensors"
            // An array without elements may say any number of rows.
            let empty = SafeTensors.Entry(name: "empty", tensor: try Tensor(shape: [.max, 0], floats: []))
            try crafted(path, ["classes": classes], extra: [empty])
            let error = #expect(throws: TensorError.self) { try Checkpoint.model(from: path) }
            #expect(error?.code == .malformedFile && error?.message.hasPrefix(path + ": malformed") == true)
        }
    }

    @Test(arguments: ["0 0.2 0.2", "nan 0.2 0.2", "0.2 0.2", "", "a b c", "-1 1 1", nil])
    func aBadNormalisationIsMalformedAndChangesNothing(_ deviation: String?) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/model.safetensors"
            try crafted(path, ["normalization_deviation": deviation])
            let other = try model(seed: 2)
            let before = try other.tensor("conv1.weight")
            for load in [
                { _ = try Checkpoint.load(into: other, from: path) }, { _ = try Checkpoint.model(from: path) },
            ] {
                let error = #expect(throws: TensorError.self) { try load() }
                #expect(error?.code == .malformedFile)
                #expect(error?.message.hasPrefix(path + ": malformed normalisation") == true)
            }
            #expect(try other.tensor("conv1.weight") == before)
        }
    }

    @Test(arguments: [[], [1, 2, 3], [255, 0, 0, 0, 0, 0, 0, 0, 65]] as [[UInt8]])
    func aFileThatIsNoCheckpointIsNamed(_ bytes: [UInt8]) throws {
        let (model, trainer) = (
            try model(), try Trainer(try model(), optimizer: .sgd(), schedule: .constant(0.1), batchSize: 4)
        )
        try withTemporaryFolder { folder in
            let path = folder + "/model.safetensors"
            writeFile(path, bytes)
            let loads = [
                { _ = try Checkpoint.model(from: path) }, { _ = try Checkpoint.load(into: model, from: path) },
                { _ = try Checkpoint.loadState(into: trainer, from: path) },
            ]
            for load in loads {
                let error = #expect(throws: TensorError.self) { try load() }
                #expect(error?.code == .malformedFile && error?.message.hasPrefix(path + ": malformed: ") == true)
            }
        }
    }

    @Test func stateOfAnotherOptimizerIsRefused() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/optimizer.safetensors"
            let sgd = try Trainer(try model(), optimizer: .sgd(), schedule: .constant(0.1), batchSize: 4)
            try Checkpoint.saveState(of: sgd, to: path)
            let adamW = try Trainer(try model(), optimizer: .adamW(), schedule: .constant(0.1), batchSize: 4)
            let error = #expect(throws: TensorError.self) { try Checkpoint.loadState(into: adamW, from: path) }
            #expect(error?.code == .checkpointMismatch)
        }
    }

    @Test func fileThatIsNotThereSaysSo() throws {
        let model = try model()
        let error = #expect(throws: TensorError.self) {
            try Checkpoint.load(into: model, from: "/nowhere/model.safetensors")
        }
        #expect(error?.code == .fileAccess)
        #expect(error?.message == "cannot read /nowhere/model.safetensors: No such file or directory")
    }

    @Test func failedSaveLeavesTheOldFileAndNoOther() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/missing/model.safetensors"
            let error = #expect(throws: TensorError.self) { try Checkpoint.save(try model(), to: path) }
            #expect(error?.code == .fileAccess)
            #expect(files(in: folder) == [])
        }
    }
}
