import Glibc

/// Whole files, read and replaced.
enum FileAccess {
    /// Bytes that are read at most: a sparse file may claim to have any number.
    private static let largest = 8 << 30

    /// Errors: `fileAccess` with the system's reason.
    static func read(_ path: String) throws(TensorError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("read", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("read", path) }
        guard status.st_size <= largest else {
            throw TensorError(.fileAccess, "cannot read \(path): it has \(status.st_size) bytes, more than \(largest)")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + done, $0.count - done) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("read", path) }
            done += count
        }
        return bytes
    }

    /// Replaces `path` in one move: a reader, and a crash at any time, sees the old file or the new one.
    static func replace(_ path: String, with bytes: [UInt8]) throws(TensorError) {
        let temporary = "\(path).\(getpid()).tmp"
        do throws(TensorError) {
            try write(bytes, to: temporary)
            guard rename(temporary, path) == 0 else { throw failure("replace", path) }
        } catch {
            unlink(temporary)
            throw error
        }
        syncFolder(of: path)
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(TensorError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("write", path) }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + done, $0.count - done) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            done += count
        }
        guard fsync(descriptor) == 0 else { throw failure("write", path) }
    }

    /// Makes the new name durable. A file system that cannot sync folders has no better order to offer.
    private static func syncFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func failure(_ verb: String, _ path: String) -> TensorError {
        TensorError(.fileAccess, "cannot \(verb) \(path): \(String(cString: strerror(errno)))")
    }
}
