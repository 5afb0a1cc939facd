import Testing

@testable import Tensor

@Suite struct AugmentationTests {
    private let shape = Architecture.cifarInput

    @Test func placesStayWithinTheirRanges() {
        let augmentation = Augmentation(padding: 4, flips: true, cutout: 8)
        var flips = 0
        for position in 0..<500 {
            let (dy, dx, flip) = augmentation.placement(seed: 1, step: 2, position: position)
            #expect((-4...4).contains(dy) && (-4...4).contains(dx) && (0...1).contains(flip))
            flips += Int(flip)
            let (row, column) = augmentation.cutoutPlace(seed: 1, step: 2, position: position, shape: shape)
            #expect((-4..<28).contains(row) && (-4..<28).contains(column))
        }
        #expect((200...300).contains(flips))
    }

    /// A cutout has a stream of its own: the crops are those without it.
    @Test func cutoutDoesNotChangeTheCrops() throws {
        let (plain, cut) = (Augmentation.standard, Augmentation(padding: 4, flips: true, cutout: 8))
        #expect(plain.placement(seed: 3, step: 4, position: 5) == cut.placement(seed: 3, step: 4, position: 5))
    }

    @Test func trainingSeesTheCutout() throws {
        let set = try SyntheticImages.set(count: 8)
        let losses = try [0, 16].map { cutout in
            let model = try Model(architecture: .smallCNN(classes: 10), seed: 1, device: .cpu(threads: 1))
            let augmentation = Augmentation(padding: 0, flips: false, cutout: cutout)
            let trainer = try Trainer(
                model, optimizer: .sgd(), schedule: .constant(0.1), batchSize: 8, augmentation: augmentation)
            return try trainer.step(set, indices: 0..<8).loss
        }
        #expect(losses[0] != losses[1])
    }

    @Test(arguments: [
        (Augmentation(padding: 0, flips: false, cutout: -1), "cutout is -1 pixels; it must be 0 to 1024"),
        (Augmentation(padding: -1, flips: false), "padding is -1 pixels; it must be 0 to 1024"),
        (Augmentation(padding: .max, flips: false), "padding is \(Int.max) pixels; it must be 0 to 1024"),
    ])
    func sizesOutOfRangeAreRefused(_ augmentation: Augmentation, _ message: String) throws {
        let model = try Model(architecture: .mlp(classes: 10), seed: 1, device: .cpu(threads: 1))
        let error = #expect(throws: TensorError.self) {
            try Trainer(
                model, optimizer: .sgd(), schedule: .constant(0.1), batchSize: 8,
                augmentation: augmentation)
        }
        #expect(error?.message == message)
    }
}
