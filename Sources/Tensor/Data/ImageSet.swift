/// Labelled images as bytes, in rows as CIFAR's binary files have them: some label bytes, then one plane per channel.
/// The rows are used where they lie; nothing is converted before an image is in a batch.
public final class ImageSet: Sendable {
    /// Of each image.
    public let shape: FeatureShape
    /// One for each image.
    public let labels: [Int32]
    private let bytes: [UInt8]
    private let rowBytes: Int
    private let pixelOffset: Int

    /// Number of images.
    public var count: Int { labels.count }

    /// Rows of `rowBytes` with the label at `labelOffset` and the planes at `pixelOffset`. Errors: `malformedFile` for
    /// a size that is no whole number of rows, `labelOutOfRange` with the row, `invalidArgument` for a negative offset.
    public init(
        rows bytes: [UInt8], rowBytes: Int, labelOffset: Int, pixelOffset: Int, classes: Int,
        shape: FeatureShape = Architecture.cifarInput
    ) throws(TensorError) {
        guard labelOffset >= 0, pixelOffset >= 0 else {
            throw TensorError(
                .invalidArgument, "labels at byte \(labelOffset) and planes at byte \(pixelOffset) of a row")
        }
        guard rowBytes > labelOffset, rowBytes >= pixelOffset + shape.count, bytes.count % rowBytes == 0 else {
            throw TensorError(.malformedFile, "\(bytes.count) bytes are no whole number of rows of \(rowBytes) bytes")
        }
        self.bytes = bytes
        self.rowBytes = rowBytes
        self.pixelOffset = pixelOffset
        self.shape = shape
        labels = stride(from: labelOffset, to: bytes.count, by: rowBytes).map { Int32(bytes[$0]) }
        if let row = labels.firstIndex(where: { $0 >= classes }) {
            throw TensorError(
                .labelOutOfRange, "row \(row) has label \(labels[row]); the classes are 0 to \(classes - 1)")
        }
    }

    /// CIFAR-100: coarse label, fine label, 3072 bytes.
    public static func cifar100(_ bytes: [UInt8]) throws(TensorError) -> ImageSet {
        try ImageSet(rows: bytes, rowBytes: 3074, labelOffset: 1, pixelOffset: 2, classes: 100)
    }

    /// CIFAR-10: label, 3072 bytes.
    public static func cifar10(_ bytes: [UInt8]) throws(TensorError) -> ImageSet {
        try ImageSet(rows: bytes, rowBytes: 3073, labelOffset: 0, pixelOffset: 1, classes: 10)
    }

    /// The first byte of the planes of image `index`, which must exist, for the time of `body`.
    func withPlanes<Result>(_ index: Int, _ body: (UnsafeRawPointer?) -> Result) -> Result {
        bytes.withUnsafeBufferPointer { all in
            body(
                UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(all)[(index * rowBytes + pixelOffset)...])
                    .baseAddress)
        }
    }

    /// The planes of image `index`, for the time of `body`.
    public func withImage<Result>(
        _ index: Int, _ body: (UnsafeRawBufferPointer) throws(TensorError) -> Result
    ) throws(TensorError) -> Result {
        precondition(labels.indices.contains(index), "image \(index) of \(count)")
        let start = index * rowBytes + pixelOffset
        return try bytes.withUnsafeBufferPointer { (all) throws(TensorError) in
            try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: all[start..<start + shape.count])))
        }
    }
}
