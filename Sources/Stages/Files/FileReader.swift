import Glibc

/// Reads a file piece by piece.
final class FileReader {
    private static let pieceSize = 1 << 18

    let path: String
    private let descriptor: Int32
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 64)

    init(_ path: String) throws(StageError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileIO.failure("\(path): cannot be read") }
    }

    deinit {
        close(descriptor)
        buffer.deallocate()
    }

    /// Hands the next piece to `body`; its bytes are valid during the call only.
    /// - Returns: `false` at the end of the file, where `body` is not called.
    func next(_ body: (UnsafeRawBufferPointer) throws(StageError) -> Void) throws(StageError) -> Bool {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileIO.failure("\(path): cannot be read") }
            guard count > 0 else { return false }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            return true
        }
    }
}
