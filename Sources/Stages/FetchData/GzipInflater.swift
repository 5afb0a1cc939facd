import CZlib

/// Unpacks gzip data (RFC 1952) as its bytes come, one or several members, and checks each member's CRC and length.
/// `final class`: zlib's state must not move or be copied.
final class GzipInflater {
    private static let pieceSize = 1 << 17

    private let name: String
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 64)
    private var isBetweenMembers = false

    /// - Parameter name: the file's name, for errors.
    init(name: String) throws(StageError) {
        self.name = name
        stream.initialize(to: z_stream())
        guard pipeline_zlib_inflate_gzip(stream) == Z_OK else {
            throw StageError(.unsupported, "zlib could not be initialised")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        output.deallocate()
    }

    /// Unpacks `input` and hands the bytes on, piece by piece.
    func inflate(
        _ input: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws(StageError) -> Void
    ) throws(StageError) {
        // zlib reads from this pointer only.
        stream.pointee.next_in = UnsafeMutableRawPointer(mutating: input.baseAddress)?
            .assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(input.count)
        repeat {
            if isBetweenMembers, stream.pointee.avail_in > 0 {
                inflateReset(stream)
                isBetweenMembers = false
            }
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(output.count)
            try check(CZlib.inflate(stream, Z_NO_FLUSH))
            try body(UnsafeRawBufferPointer(rebasing: output[..<(output.count - Int(stream.pointee.avail_out))]))
        } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0
    }

    /// Call at the end of the input.
    func finish() throws(StageError) {
        guard isBetweenMembers else { throw StageError(.corruptData, "\(name): the gzip data is cut off") }
    }

    private func check(_ code: Int32) throws(StageError) {
        switch code {
        case Z_STREAM_END: isBetweenMembers = true
        // No progress was possible: more input is needed.
        case Z_OK, Z_BUF_ERROR: break
        default:
            let reason = stream.pointee.msg.map { String(cString: $0) } ?? "error \(code)"
            throw StageError(.corruptData, "\(name): not gzip data, or damaged (\(reason))")
        }
    }
}
