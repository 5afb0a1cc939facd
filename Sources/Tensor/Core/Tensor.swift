/// A dense array in host memory, row-major, little-endian: what checkpoints hold and what a model hands out. The arrays
/// that training works on live in buffers of a device and never take this form.
public struct Tensor: Sendable, Equatable {
    /// Extents, slowest first.
    public let shape: Shape
    /// Type of the elements.
    public let dtype: DType
    /// `shape.count * dtype.size` bytes.
    public let bytes: [UInt8]

    /// Errors: `invalidArgument` if the number of bytes does not fit the shape.
    public init(shape: Shape, dtype: DType, bytes: [UInt8]) throws(TensorError) {
        guard bytes.count == shape.count * dtype.size else {
            throw TensorError(
                .invalidArgument, "\(bytes.count) bytes are no \(dtype.rawValue) tensor of shape \(shape)")
        }
        self.shape = shape
        self.dtype = dtype
        self.bytes = bytes
    }

    /// Errors: `invalidArgument` if the number of values does not fit the shape.
    public init(shape: Shape, floats: [Float]) throws(TensorError) {
        try self.init(shape: shape, dtype: .float32, bytes: floats.withUnsafeBytes { Array($0) })
    }

    /// One 64-bit integer without extents.
    public init(scalar: Int64) {
        shape = []
        dtype = .int64
        bytes = withUnsafeBytes(of: scalar.littleEndian) { Array($0) }
    }

    /// The values of a `float32` tensor; `nil` for other types.
    public var floats: [Float]? {
        guard dtype == .float32 else { return nil }
        return [Float](unsafeUninitializedCapacity: shape.count) { target, count in
            UnsafeMutableRawBufferPointer(target).copyBytes(from: bytes)
            count = shape.count
        }
    }

    /// The value of an `int64` scalar; `nil` for anything else.
    public var scalar: Int64? {
        guard dtype == .int64, shape.count == 1 else { return nil }
        return bytes.withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(as: Int64.self)) }
    }
}
