import Testing

import Tensor

/// A parameter and the shape it must have.
struct ParameterCase: Sendable {
    let name: String
    let shape: Shape

    init(_ name: String, _ shape: Shape) {
        self.name = name
        self.shape = shape
    }
}

@Suite struct ModelTests {
    @Test func resnet18OfHundredClassesHasTheKnownNumberOfParameters() throws {
        let model = try Model(architecture: .resnet18(classes: 100), seed: 1, device: .cpu(threads: 1))
        #expect(model.parameterCount == 11_220_132)
    }

    /// torchvision's ResNet-34 has 21,284,672 parameters before its classifier; the 3x3 stem has 7,680 fewer.
    @Test func resnet34OfHundredClassesHasTheKnownNumberOfParameters() throws {
        let graph = try Architecture.resnet34(classes: 100).graph()
        let count = graph.parameters.filter(\.isTrained).reduce(0) { $0 + $1.shape.count }
        #expect(count == 21_284_672 - 7_680 + 51_300)
    }

    @Test(arguments: [
        ParameterCase("conv1.weight", [64, 3, 3, 3]), ParameterCase("bn1.running_mean", [64]),
        ParameterCase("layer1.0.conv1.weight", [64, 64, 3, 3]),
        ParameterCase("layer2.0.downsample.0.weight", [128, 64, 1, 1]),
        ParameterCase("layer2.0.downsample.1.bias", [128]), ParameterCase("layer4.1.bn2.running_var", [512]),
        ParameterCase("fc.weight", [100, 512]), ParameterCase("fc.bias", [100]),
    ])
    func resnet18NamesItsParametersAsTorchvision(expected: ParameterCase) throws {
        let graph = try Architecture.resnet18(classes: 100).graph()
        #expect(graph.parameters.first { $0.name == expected.name }?.shape == expected.shape)
    }

    @Test func resnet18HasNoParametersThatTorchvisionLacks() throws {
        let graph = try Architecture.resnet18(classes: 100).graph()
        // 20 convolutions, 20 normalisations of 4 arrays (num_batches_tracked is written beside them), one linear
        // layer.
        #expect(graph.parameters.count == 20 + 20 * 4 + 2)
    }

    @Test func sameSeedGivesTheSameParameters() throws {
        let models = try [7, 7, 8].map {
            try Model(architecture: .smallCNN(classes: 10), seed: $0, device: .cpu(threads: 1))
        }
        let weights = try models.map { try $0.tensor("conv2.weight") }
        #expect(weights[0] == weights[1])
        #expect(weights[0] != weights[2])
    }

    @Test func logitsDoNotDependOnTheBatchAroundAnImage() throws {
        let model = try Model(architecture: .smallCNN(classes: 10), seed: 7, device: .cpu(threads: 2))
        let set = try SyntheticImages.set(count: 70)
        let all = try model.logits(set, indices: 0..<70)
        #expect(all.count == 700)
        #expect(try model.logits(set, indices: [66, 67]) == Array(all[660..<680]))
        // A single image has kernels of its own.
        #expect(difference(try model.logits(set, indices: [66]), Array(all[660..<670])) < 1e-5)
    }

    /// Prepared weights are worked out again when a parameter has changed; a model in training has none.
    @Test func logitsFollowTheParameters() throws {
        let set = try SyntheticImages.set(count: 9)
        let models = try (0..<2).map { _ in
            try Model(architecture: .smallCNN(classes: 10), seed: 7, device: .cpu(threads: 1))
        }
        let trainer = try Trainer(models[1], optimizer: .sgd(), schedule: .constant(0), batchSize: 4)
        for round in 0..<3 {
            for model in models {
                let mean = try Tensor(shape: [64], floats: (0..<64).map { Float($0 * round) / 64 })
                try model.setTensor("bn2.running_mean", mean)
                try model.setTensor("bn2.weight", Tensor(shape: [64], floats: mean.floats?.map { $0 + 0.5 } ?? []))
            }
            for count in [1, 9] {
                let scores = try models.map { try $0.logits(set, indices: 0..<count) }
                #expect(difference(scores[0], scores[1]) < 1e-5)
            }
        }
        #expect(trainer.stepCount == 0)
    }

    @Test func missingDeviceSaysWhatIsMissing() {
        let error = #expect(throws: TensorError.self) {
            try Model(architecture: .mlp(classes: 10), seed: 1, device: .cuda)
        }
        #expect(error?.code == .deviceUnavailable)
        #expect(error?.message == "device cuda: this build has no CUDA backend; use device cpu")
    }
}
