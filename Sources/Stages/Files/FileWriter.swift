import Glibc

/// Writes a new file; an existing one loses its bytes.
final class FileWriter {
    let path: String
    private let descriptor: Int32

    init(_ path: String) throws(StageError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileIO.failure("\(path): cannot be written") }
    }

    deinit { close(descriptor) }

    func write(_ bytes: UnsafeRawBufferPointer) throws(StageError) {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            let written = Glibc.write(descriptor, start, rest.count)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw FileIO.failure("\(path): cannot be written") }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
    }

    func write(_ bytes: [UInt8]) throws(StageError) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(StageError) in try write(buffer) }
        }
        try result.get()
    }

    /// Waits until the bytes are on the disk.
    func finish() throws(StageError) {
        guard fsync(descriptor) == 0 else { throw FileIO.failure("\(path): cannot be written") }
    }
}
