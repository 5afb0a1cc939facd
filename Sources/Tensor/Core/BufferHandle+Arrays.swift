import CTensor

extension BufferHandle {
    func write(floats: [Float], at offset: Int) throws(TensorError) {
        try check(
            floats.withUnsafeBytes { ct_buffer_write(pointer, Int64(offset) * 4, $0.baseAddress, Int64($0.count)) })
    }

    func floats(_ count: Int, at offset: Int) throws(TensorError) -> [Float] {
        var status = CT_OK
        let values = [Float](unsafeUninitializedCapacity: count) { target, initialized in
            status = ct_buffer_read(pointer, Int64(offset) * 4, target.baseAddress, Int64(count) * 4)
            initialized = count
        }
        try check(status)
        return values
    }

    func tensor(_ shape: Shape, at offset: Int) throws(TensorError) -> Tensor {
        try Tensor(shape: shape, floats: floats(shape.count, at: offset))
    }
}
