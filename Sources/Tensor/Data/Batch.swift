/// One batch as the host hands it to a step: the bytes of its images, their labels, and how each image is moved about.
/// Its memory is taken once, for the largest batch.
///
/// A trainer makes them (`Trainer.makeBatch`). Not for use by two threads at once.
public final class Batch {
    /// Images in it, 0 before it is filled.
    public private(set) var count = 0
    /// The step that it is for: its augmentation is that step's.
    public private(set) var step = 0

    /// Most images.
    let capacity: Int
    private let shape: FeatureShape
    private let classes: Int
    private let augmentation: Augmentation
    private let seed: UInt64
    /// Planes, image after image; then a label, (dy, dx, flip) and the first row and column of the square for each.
    private(set) var images: [UInt8]
    private(set) var labels: [Int32]
    private(set) var placement: [Int32]
    private(set) var cutout: [Int32]

    init(_ capacity: Int, _ shape: FeatureShape, classes: Int, _ augmentation: Augmentation, seed: UInt64) {
        (self.capacity, self.shape, self.classes) = (capacity, shape, classes)
        (self.augmentation, self.seed) = (augmentation, seed)
        images = [UInt8](repeating: 0, count: capacity * shape.count)
        labels = [Int32](repeating: 0, count: capacity)
        placement = [Int32](repeating: 0, count: 3 * capacity)
        cutout = [Int32](repeating: 0, count: 2 * capacity)
    }

    /// Takes the images of `set` at `indices` for step `step`, without allocating.
    ///
    /// Errors: `invalidArgument` for too many images, an index outside the set or images of another size;
    /// `labelOutOfRange`. The batch is empty then.
    func fill(_ set: ImageSet, indices: ArraySlice<Int32>, step newStep: Int) throws(TensorError) {
        (count, step) = (0, newStep)
        guard set.shape.count == shape.count else {
            throw TensorError(
                .invalidArgument, "images of \(set.shape); the model takes \(shape.count) bytes")
        }
        var position = 0
        for index in indices {
            guard position < capacity, index >= 0, index < set.count else {
                throw TensorError(.invalidArgument, "index \(index) at \(position) of a batch of at most \(capacity)")
            }
            try set.withImage(Int(index)) { (row) throws(TensorError) in
                try place(row, label: set.labels[Int(index)], at: position)
            }
            position += 1
        }
        count = position
    }

    /// Takes images that lie side by side. Errors: as above.
    func fill(
        images rows: UnsafeBufferPointer<UInt8>, labels newLabels: UnsafeBufferPointer<Int32>, step newStep: Int
    ) throws(TensorError) {
        (count, step) = (0, newStep)
        guard newLabels.count <= capacity, rows.count == newLabels.count * shape.count else {
            throw TensorError(.invalidArgument, "\(rows.count) bytes and \(newLabels.count) labels for a batch")
        }
        for position in newLabels.indices {
            let range = position * shape.count..<(position + 1) * shape.count
            try place(
                UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(rows)[range]), label: newLabels[position],
                at: position)
        }
        count = newLabels.count
    }

    private func place(_ row: UnsafeRawBufferPointer, label: Int32, at position: Int) throws(TensorError) {
        guard label >= 0, label < classes else {
            throw TensorError(.labelOutOfRange, "label \(label) of a model for \(classes) classes")
        }
        labels[position] = label
        images.withUnsafeMutableBytes { all in
            UnsafeMutableRawBufferPointer(rebasing: all[(position * shape.count)...]).copyMemory(from: row)
        }
        let moved = augmentation.placement(seed: seed, step: step, position: position)
        (placement[3 * position], placement[3 * position + 1], placement[3 * position + 2]) = moved
        guard augmentation.cutout > 0 else { return }
        (cutout[2 * position], cutout[2 * position + 1]) = augmentation.cutoutPlace(
            seed: seed, step: step, position: position, shape: shape)
    }
}
