import Testing

@testable import Tensor

/// Gradients of whole models, by finite differences of the loss on the reference device.
@Suite struct GradientTests {
    /// Small, with every kind of layer; the residual block has both kinds of shortcut, so gradients meet and add up.
    private struct Everything: Layer {
        func callAsFunction(_ input: Activation, in graph: inout GraphBuilder) throws(TensorError) -> Activation {
            try Sequential([
                ("conv", Conv2D(4, kernel: 3, padding: 1)), ("bn", BatchNorm2D(relu: true)),
                ("plain", ResidualBlock(channels: 4)), ("strided", ResidualBlock(channels: 6, stride: 2)),
                ("conv2", Conv2D(5, kernel: 1)), ("pool", MaxPool2D()), ("fc1", Linear(7)), ("relu", ReLU()),
                ("fc2", Linear(3)),
            ])(input, in: &graph)
        }
    }

    private struct Setup {
        let model: Model
        let trainer: Trainer
        let images: [UInt8]
        let labels: [Int32] = [0, 2, 1, 1, 0]

        /// A learning rate of 0 keeps the parameters, so a step only measures.
        init(_ layer: some Layer, device: Device, precision: Precision = .float32) throws {
            let shape = FeatureShape(height: 8, width: 8, channels: 2)
            let normalization = Normalization(mean: [0.5, 0.5], deviation: [0.3, 0.3])
            model = try Model(try Graph(layer, input: shape), seed: 3, normalization: normalization, device: device)
            trainer = try Trainer(
                model, optimizer: .sgd(weightDecay: 0), schedule: .constant(0), labelSmoothing: 0.1, batchSize: 5,
                precision: precision)
            var generator = SplitMix64(seed: 1)
            images = (0..<5 * shape.count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        }

        func loss() throws -> Double {
            try images.withUnsafeBufferPointer { images in
                try labels.withUnsafeBufferPointer { Double(try trainer.step(images: images, labels: $0).loss) }
            }
        }

        /// The loss with one value of a parameter moved.
        func loss(_ name: String, _ index: Int, by amount: Float) throws -> Double {
            let original = try #require(try model.tensor(name))
            var floats = try #require(original.floats)
            floats[index] += amount
            try model.setTensor(name, Tensor(shape: original.shape, floats: floats))
            defer { restore(name, original) }
            return try loss()
        }

        private func restore(_ name: String, _ tensor: Tensor) {
            do { try model.setTensor(name, tensor) } catch { Issue.record(error) }
        }
    }

    @Test func gradientsOfAllLayersAreThoseOfFiniteDifferences() throws {
        let setup = try Setup(Everything(), device: .reference)
        let loss = try setup.loss()
        var generator = SplitMix64(seed: 12)
        var checked = 0
        for spec in setup.model.parameters where spec.isTrained {
            let gradient = try #require(try setup.trainer.gradient(of: spec.name)?.floats)
            let index = Int.random(in: 0..<spec.shape.count, using: &generator)
            let step: Float = 1e-3
            let above = (try setup.loss(spec.name, index, by: step) - loss) / Double(step)
            let below = (loss - (try setup.loss(spec.name, index, by: -step))) / Double(step)
            // Sides that disagree lie beyond the kink of a ReLU or a pooling.
            guard abs(above - below) < 2e-3 * max(0.2, abs(above)) else { continue }
            checked += 1
            let slope = (above + below) / 2
            #expect(abs(slope - Double(gradient[index])) < 6e-4 + 2e-3 * abs(slope), "\(spec.name)[\(index)]")
        }
        #expect(checked > 12)
    }

    @Test func cpuGradientsAreThoseOfTheReference() throws {
        let reference = try Setup(Everything(), device: .reference)
        let expectedLoss = try reference.loss()
        for device in Device.tested {
            let setup = try Setup(Everything(), device: device)
            #expect(abs(try setup.loss() - expectedLoss) < 1e-6)
            for spec in setup.model.parameters where spec.isTrained {
                let actual = try #require(try setup.trainer.gradient(of: spec.name)?.floats)
                let expected = try #require(try reference.trainer.gradient(of: spec.name)?.floats)
                #expect(difference(actual, expected) < 2e-4, "\(spec.name) on \(device)")
            }
        }
    }

    /// Every layer in bf16: against f32 on the reference device, whose gradients finite differences confirm. Values near
    /// the kink of a ReLU, or a tie of a pooling, may fall to the other side.
    @Test func gradientsInBFloat16AreThoseOfFloatsRounded() throws {
        let reference = try Setup(Everything(), device: .reference)
        let expectedLoss = try reference.loss()
        for device in Device.tested + [.reference] {
            let setup = try Setup(Everything(), device: device, precision: .bfloat16)
            #expect(abs(try setup.loss() - expectedLoss) < 1e-2)
            for spec in setup.model.parameters where spec.isTrained {
                let actual = try #require(try setup.trainer.gradient(of: spec.name)?.floats)
                let expected = try #require(try reference.trainer.gradient(of: spec.name)?.floats)
                #expect(difference(actual, expected) < 0.25, "\(spec.name) on \(device)")
            }
        }
    }

    /// Normalises a value that the residual also reads, which the plan cannot add gradients to.
    private struct TwoReaders: Layer {
        func callAsFunction(_ input: Activation, in graph: inout GraphBuilder) throws(TensorError) -> Activation {
            let value = try Conv2D(2, kernel: 1)(input, in: &graph)
            let sum = try BatchNorm2D()(value, adding: value, in: &graph)
            let pooled = try GlobalAveragePool2D()(sum, in: &graph)
            return try graph.scope("fc") { (graph) throws(TensorError) in try Linear(3)(pooled, in: &graph) }
        }
    }

    @Test func parameterNamesMustDiffer() {
        let error = #expect(throws: TensorError.self) {
            try Graph(TwoReaders(), input: FeatureShape(height: 8, width: 8, channels: 2))
        }
        #expect(error?.message == "two parameters are named weight")
    }
}
