import ChildProcesses
import Glibc

/// A file that is read whole.
enum SmallFile {
    /// `nil` where there is no such file.
    /// - Throws: ``ProcessError`` for a file that is larger than the bound or cannot be read.
    static func read(_ path: String, maximumBytes: Int) throws -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw ProcessError(description: "cannot read \(path): \(ChildProcess.text(errno))")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw ProcessError(description: "cannot read \(path): \(ChildProcess.text(errno))")
            }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= maximumBytes else {
                throw ProcessError(description: "\(path) has more than \(maximumBytes) bytes")
            }
        }
    }
}

extension SmallFile {
    /// - Throws: ``ProcessError`` with the path and the system's reason.
    static func write(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw ProcessError(description: "cannot write \(path): \(ChildProcess.text(errno))")
        }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw ProcessError(description: "cannot write \(path): \(ChildProcess.text(errno))")
            }
            rest = rest.dropFirst(count)
        }
    }
}
