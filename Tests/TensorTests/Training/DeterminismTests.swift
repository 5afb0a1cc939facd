import Glibc
import Tensor
import Testing

/// Same seed, same bits: in a second run, with other numbers of threads, and after a stop in between.
@Suite struct DeterminismTests {
    private func trainer(_ optimizer: Optimizer, _ precision: Precision, threads: Int) throws -> Trainer {
        let model = try Model(architecture: .smallCNN(classes: 10), seed: 5, device: .cpu(threads: threads))
        return try Trainer(
            model, optimizer: optimizer, schedule: .oneCycle(peak: 0.01, steps: 8), labelSmoothing: 0.1, batchSize: 24,
            augmentation: .standard, seed: 9, precision: precision)
    }

    /// Steps `steps` of an epoch of 60 images in batches of 24: every third batch is short.
    private func train(_ trainer: Trainer, _ set: ImageSet, steps: Range<Int>) throws -> [Float] {
        let order = BatchOrder(count: set.count, batchSize: 24, seed: 4)
        return try steps.map { step in
            let (epoch, batch) = step.quotientAndRemainder(dividingBy: order.batchesPerEpoch)
            return try trainer.step(set, indices: order.indices(epoch: epoch)[order.range(ofBatch: batch)]).loss
        }
    }

    private func parameters(_ model: Model) throws -> [Tensor?] {
        try model.parameters.map { try model.tensor($0.name) }
    }

    @Test(arguments: [Optimizer.sgd(), .adamW()], Precision.allCases)
    func everyNumberOfThreadsGivesTheSameBits(optimizer: Optimizer, precision: Precision) throws {
        let set = try SyntheticImages.set(count: 60)
        let first = try trainer(optimizer, precision, threads: 1)
        let losses = try train(first, set, steps: 0..<5)
        for threads in [1, 2, 3] {
            let again = try trainer(optimizer, precision, threads: threads)
            #expect(try train(again, set, steps: 0..<5) == losses)
            #expect(try parameters(again.model) == parameters(first.model))
        }
    }

    @Test(arguments: [Optimizer.sgd(), .adamW()], Precision.allCases)
    func resumedTrainingEndsWithTheSameBits(optimizer: Optimizer, precision: Precision) throws {
        let set = try SyntheticImages.set(count: 60)
        let whole = try trainer(optimizer, precision, threads: 2)
        let losses = try train(whole, set, steps: 0..<6)
        try withTemporaryFolder { folder in
            let before = try trainer(optimizer, precision, threads: 2)
            let head = try train(before, set, steps: 0..<4)
            try Checkpoint.save(before.model, to: folder + "/last.safetensors")
            try Checkpoint.saveState(of: before, to: folder + "/optimizer.safetensors")

            let after = try trainer(optimizer, precision, threads: 2)
            try Checkpoint.load(into: after.model, from: folder + "/last.safetensors")
            try Checkpoint.loadState(into: after, from: folder + "/optimizer.safetensors")
            #expect(after.stepCount == 4)
            #expect(try head + train(after, set, steps: 4..<6) == losses)
            #expect(try parameters(after.model) == parameters(whole.model))
            #expect(after.model.batchesTracked == 6)
        }
    }

    @Test func otherSeedsGiveOtherBatches() throws {
        let order = BatchOrder(count: 100, batchSize: 30, seed: 1)
        #expect(order.indices(epoch: 2) == order.indices(epoch: 2))
        #expect(order.indices(epoch: 2) != order.indices(epoch: 3))
        #expect(order.indices(epoch: 2) != BatchOrder(count: 100, batchSize: 30, seed: 2).indices(epoch: 2))
        #expect(order.indices(epoch: 2).sorted() == Array(0..<100))
        #expect((0..<order.batchesPerEpoch).map { order.range(ofBatch: $0).count } == [30, 30, 30, 10])
    }
}
