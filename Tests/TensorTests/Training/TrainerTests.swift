import Testing

import Tensor

@Suite struct TrainerTests {
    private func model(_ architecture: Architecture, threads: Int = 1) throws -> Model {
        try Model(architecture: architecture, seed: 11, device: .cpu(threads: threads))
    }

    @Test(arguments: [Architecture.smallCNN(classes: 10), .mlp(classes: 10)], [
        Optimizer.sgd(weightDecay: 5e-4), .adamW(),
    ])
    func lossFallsOnSeparableImages(architecture: Architecture, optimizer: Optimizer) throws {
        let set = try SyntheticImages.set(count: 120)
        let model = try model(architecture)
        let rate: Float = if case .sgd = optimizer.rule { 0.02 } else { 0.002 }
        let trainer = try Trainer(model, optimizer: optimizer, schedule: .constant(rate), batchSize: 40)
        let order = BatchOrder(count: set.count, batchSize: 40, seed: 3)
        var losses: [Float] = []
        for epoch in 0..<15 {
            let indices = order.indices(epoch: epoch)
            for batch in 0..<order.batchesPerEpoch {
                losses.append(try trainer.step(set, indices: indices[order.range(ofBatch: batch)]).loss)
            }
        }
        #expect(losses[0] > 1.5)
        #expect(try #require(losses.last) < 0.3)
        #expect(try accuracy(model, set) > 0.95)
    }

    /// Half of the memory, and the loss of the first steps within 2e-2 of that of f32.
    @Test(arguments: [Optimizer.sgd(), .adamW()])
    func bfloat16TrainsAlikeInHalfOfTheMemory(optimizer: Optimizer) throws {
        let set = try SyntheticImages.set(count: 96)
        let trainers = try Precision.allCases.map { precision in
            try Trainer(
                try model(.smallCNN(classes: 10)), optimizer: optimizer, schedule: .constant(0.001), batchSize: 32,
                precision: precision)
        }
        for step in 0..<12 {
            let first = Int32(step % 3 * 32)
            let losses = try trainers.map { try $0.step(set, indices: first..<first + 32).loss }
            #expect(losses[0] != losses[1])
            #expect(abs(losses[1] - losses[0]) < 2e-2 * losses[0], "step \(step)")
        }
        let share = Double(trainers[1].arenaBytes) / Double(trainers[0].arenaBytes)
        #expect(share > 0.49 && share < 0.55)
        #expect(try trainers[1].model.tensor("conv1.weight")?.dtype == .float32)
    }

    private func accuracy(_ model: Model, _ set: ImageSet) throws -> Double {
        let logits = try model.logits(set, indices: 0..<set.count)
        let hits = (0..<set.count).filter { image in
            let row = logits[image * model.classes..<(image + 1) * model.classes]
            return row.indices.max { row[$0] < row[$1] } == row.startIndex + Int(set.labels[image])
        }
        return Double(hits.count) / Double(set.count)
    }
}
