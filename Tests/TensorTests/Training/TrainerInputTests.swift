import Testing

import Tensor

/// What a step refuses, and what it leaves behind.
@Suite struct TrainerInputTests {
    private func trainer(rate: Float = 0.1, classes: Int = 10, batchSize: Int = 8) throws -> Trainer {
        let model = try Model(architecture: .mlp(classes: classes), seed: 1, device: .cpu(threads: 1))
        return try Trainer(model, optimizer: .sgd(), schedule: .constant(rate), batchSize: batchSize)
    }

    @Test func lossThatIsNoNumberStopsWithItsStepAndMovesNothing() throws {
        let trainer = try trainer(rate: 1e30)
        let set = try SyntheticImages.set(count: 8)
        var failure: TensorError?
        while failure == nil, trainer.stepCount < 10 {
            let before = try trainer.model.tensor("fc1.weight")
            do throws(TensorError) { try trainer.step(set, indices: 0..<8) } catch {
                failure = error
                // Not a number differs from itself: compare the bytes.
                #expect(try trainer.model.tensor("fc1.weight")?.bytes == before?.bytes)
            }
        }
        let error = try #require(failure)
        #expect(error.code == .nonFiniteLoss)
        #expect(error.message.contains("at step \(trainer.stepCount)"))
    }

    @Test func labelsBeyondTheModelsClassesAreRefused() throws {
        let trainer = try trainer(classes: 3)
        let set = try SyntheticImages.set(count: 8)
        let error = #expect(throws: TensorError.self) { try trainer.step(set, indices: [0, 1, 5]) }
        #expect(error?.code == .labelOutOfRange)
        #expect(error?.message == "label 5 of a model for 3 classes")
        #expect(trainer.stepCount == 0)
    }

    @Test(arguments: [[0, 8], [-1], [0, 1, 2, 3, 4, 5, 6, 7, 0], []] as [[Int32]])
    func indicesOutsideTheSetOrTheBatchAreRefused(indices: [Int32]) throws {
        let trainer = try trainer()
        let set = try SyntheticImages.set(count: 8)
        let error = #expect(throws: TensorError.self) { try trainer.step(set, indices: indices) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func bytesSideBySideGiveTheSameStepAsASet() throws {
        let rows = SyntheticImages.rows(count: 4, classes: 10, seed: 1)
        let images = (0..<4).flatMap { rows[($0 * 3073 + 1)..<(($0 + 1) * 3073)] }
        let labels: [Int32] = [0, 1, 2, 3]
        let fromBytes = try images.withUnsafeBufferPointer { images in
            try labels.withUnsafeBufferPointer { try trainer().step(images: images, labels: $0) }
        }
        #expect(fromBytes == (try trainer().step(SyntheticImages.set(count: 4), indices: labels)))
    }

    @Test(arguments: [0, -1, 65537])
    func batchSizeOutOfRangeIsRefused(size: Int) {
        let error = #expect(throws: TensorError.self) { try trainer(batchSize: size) }
        #expect(error?.message == "batch size is \(size); it must be 1 to 65536")
    }
}
