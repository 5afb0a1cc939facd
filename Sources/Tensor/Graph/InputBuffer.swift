import CTensor

/// What the host hands to a plan and reads back: image rows, their placement, labels, the loss and the step sizes.
final class InputBuffer {
    private let buffer: BufferHandle
    private let rowBytes: Int
    private let placementOffset: Int
    private let cutoutOffset: Int
    private let labelOffset: Int
    private let lossOffset: Int

    init(_ device: DeviceHandle, imageBytes: Int, batch: Int) throws(TensorError) {
        rowBytes = imageBytes
        placementOffset = (imageBytes * batch + 3) / 4
        cutoutOffset = placementOffset + 3 * batch
        labelOffset = cutoutOffset + 2 * batch
        lossOffset = labelOffset + batch
        buffer = try BufferHandle(device, floats: lossOffset + 1)
    }

    var handle: BufferHandle { buffer }
    var rows: ct_view { buffer.view(0) }
    var placement: ct_view { buffer.view(placementOffset) }
    var cutout: ct_view { buffer.view(cutoutOffset) }
    var labels: ct_view { buffer.view(labelOffset) }
    var loss: ct_view { buffer.view(lossOffset) }

    /// Writes image `image` of `set` as image `index` of the batch, without allocating.
    func write(_ set: ImageSet, image: Int, at index: Int) throws(TensorError) {
        guard set.shape.count == rowBytes, set.labels.indices.contains(image) else {
            throw TensorError(
                .invalidArgument,
                "image \(image) of \(set.count) images of \(set.shape); the model takes \(rowBytes) bytes")
        }
        try check(
            set.withPlanes(image) { ct_buffer_write(buffer.pointer, Int64(index * rowBytes), $0, Int64(rowBytes)) })
    }

    /// Writes the planes of image `index` of the batch.
    func write(row: UnsafeRawBufferPointer, at index: Int) throws(TensorError) {
        guard row.count == rowBytes else {
            throw TensorError(.invalidArgument, "an image has \(row.count) bytes; the model takes \(rowBytes)")
        }
        try check(ct_buffer_write(buffer.pointer, Int64(index * rowBytes), row.baseAddress, Int64(rowBytes)))
    }

    /// Writes what `batch` holds, without allocating.
    func write(_ batch: Batch) throws(TensorError) {
        try write(batch.images, batch.count * rowBytes, at: 0)
        try write(batch.labels, batch.count, at: labelOffset)
        try write(batch.placement, 3 * batch.count, at: placementOffset)
        try write(batch.cutout, 2 * batch.count, at: cutoutOffset)
    }

    private func write<Element>(_ values: [Element], _ count: Int, at offset: Int) throws(TensorError) {
        try values.withUnsafeBufferPointer { (all) throws(TensorError) in
            try buffer.write(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: all[..<count])), at: offset)
        }
    }

    func readLoss() throws(TensorError) -> Float {
        var value: Float = 0
        let status = withUnsafeMutableBytes(of: &value) {
            ct_buffer_read(buffer.pointer, Int64(lossOffset) * 4, $0.baseAddress, 4)
        }
        try check(status)
        return value
    }
}
