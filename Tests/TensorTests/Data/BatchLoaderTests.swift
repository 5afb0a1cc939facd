import Tensor
import Testing

/// Batches that are filled beside the steps are those that the steps would have filled.
@Suite struct BatchLoaderTests {
    private static let order = BatchOrder(count: 60, batchSize: 24, seed: 4)

    private func trainer(threads: Int = 1, cutout: Int = 8, classes: Int = 10) throws -> Trainer {
        let model = try Model(architecture: .smallCNN(classes: classes), seed: 5, device: .cpu(threads: threads))
        return try Trainer(
            model, optimizer: .adamW(), schedule: .constant(0.01), batchSize: 24,
            augmentation: Augmentation(padding: 4, flips: true, cutout: cutout), seed: 9)
    }

    private func train(_ trainer: Trainer, _ set: ImageSet, end: Int, isAhead: Bool) throws -> [Float] {
        let loader = try BatchLoader(set, Self.order, for: trainer, end: end, isAhead: isAhead)
        var losses: [Float] = []
        while let batch = try loader.nextBatch() { losses.append(try trainer.step(batch).loss) }
        return losses
    }

    private func parameters(_ trainer: Trainer) throws -> [Tensor?] {
        try trainer.model.parameters.map { try trainer.model.tensor($0.name) }
    }

    /// Seven steps are two epochs of three batches, whose third is short, and a step of the next.
    @Test(arguments: [1, 2, 3], [false, true])
    func aLoaderGivesTheBitsOfStepsByIndex(threads: Int, isAhead: Bool) throws {
        let set = try SyntheticImages.set(count: 60)
        let plain = try trainer()
        let losses = try (0..<7).map { step in
            let (epoch, batch) = step.quotientAndRemainder(dividingBy: Self.order.batchesPerEpoch)
            return try plain.step(
                set, indices: Self.order.indices(epoch: epoch)[Self.order.range(ofBatch: batch)]
            ).loss
        }
        let loaded = try trainer(threads: threads)
        #expect(try train(loaded, set, end: 7, isAhead: isAhead) == losses)
        #expect(try parameters(loaded) == parameters(plain))
    }

    @Test(arguments: 0...4) func aLoaderBeginsWhereTheTrainerStands(done: Int) throws {
        let set = try SyntheticImages.set(count: 60)
        let whole = try trainer()
        let losses = try train(whole, set, end: 5, isAhead: true)
        let cut = try trainer()
        let head = try train(cut, set, end: done, isAhead: true)
        #expect(try head + train(cut, set, end: 5, isAhead: true) == losses)
        #expect(try parameters(cut) == parameters(whole))
    }

    @Test func aLoaderHoldsTwoBatchesByTurns() throws {
        let trainer = try trainer()
        let loader = try BatchLoader(SyntheticImages.set(count: 60), Self.order, for: trainer, end: 6)
        var seen: [ObjectIdentifier] = []
        while let batch = try loader.nextBatch() {
            seen.append(ObjectIdentifier(batch))
            #expect(batch.step == seen.count - 1 && batch.count == (seen.count % 3 == 0 ? 12 : 24))
        }
        #expect(seen.count == 6 && Set(seen).count == 2)
        #expect(zip(seen, seen.dropFirst()).allSatisfy { $0 != $1 })
        #expect(try loader.nextBatch() == nil)
    }

    /// Labels of ten classes and a model of three: the first batch that is due has the error, again and again.
    @Test(arguments: [false, true]) func anErrorArrivesWithTheBatchThatHasIt(isAhead: Bool) throws {
        let trainer = try trainer(classes: 3)
        let loader = try BatchLoader(
            SyntheticImages.set(count: 60), Self.order, for: trainer, end: 6, isAhead: isAhead)
        for _ in 0..<2 {
            let error = #expect(throws: TensorError.self) { try loader.nextBatch() }
            #expect(error?.code == .labelOutOfRange && error?.message.hasSuffix("of a model for 3 classes") == true)
        }
    }

    @Test func aBatchOfAnotherStepIsRefused() throws {
        let trainer = try trainer()
        let loader = try BatchLoader(SyntheticImages.set(count: 60), Self.order, for: trainer, end: 6)
        let first = try #require(try loader.nextBatch())
        try trainer.step(first)
        let error = #expect(throws: TensorError.self) { try trainer.step(first) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("for step 0; the trainer is at step 1") == true)
        #expect(trainer.stepCount == 1)
    }

    @Test func aLoaderThatIsGivenUpEndsItsThread() throws {
        let trainer = try trainer()
        let set = try SyntheticImages.set(count: 60)
        for _ in 0..<50 { _ = try BatchLoader(set, Self.order, for: trainer, end: 6).nextBatch() }
        #expect(try trainer.step(set, indices: 0..<24).step == 0)
    }
}
