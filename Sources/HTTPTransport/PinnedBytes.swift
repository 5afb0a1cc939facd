/// Bytes at an address that does not change, for C code that keeps a pointer.
/// `@unchecked Sendable`: never written after the initialiser.
final class PinnedBytes: @unchecked Sendable {
    let buffer: UnsafeRawBufferPointer

    init(_ bytes: [UInt8]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
        copy.copyBytes(from: bytes)
        buffer = UnsafeRawBufferPointer(rebasing: copy[..<bytes.count])
    }

    deinit { buffer.deallocate() }
}
