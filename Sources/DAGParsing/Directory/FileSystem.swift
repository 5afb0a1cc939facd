import Dispatch
import Glibc
import PipelineCore

/// The few calls that reading a DAGs folder needs. They block: call them inside ``Blocking/run(_:)``.
enum FileSystem {
    /// Largest DAG file that is read; more is not a DAG file but data.
    static let maximumFileBytes = 16 << 20

    struct Identity: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    enum Kind { case file, folder, other }

    /// What stands at a path, symbolic links followed; `nil` where nothing does.
    static func status(_ path: String) -> (kind: Kind, identity: Identity)? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let kind: Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            default: .other
            }
        return (kind, Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)))
    }

    /// The names in a folder, sorted.
    static func names(in folder: String) throws(DAGParsingError) -> [String] {
        guard let stream = opendir(folder) else { throw failure("open folder", folder) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The whole content of a file.
    static func bytes(_ path: String, limit: Int = maximumFileBytes) throws(DAGParsingError) -> [UInt8] {
        var content: [UInt8] = []
        try chunks(of: path) { (chunk) throws(DAGParsingError) in
            guard content.count + chunk.count <= limit else {
                throw DAGParsingError(.unreadable, "the file is larger than \(limit) bytes; DAG files hold no data")
            }
            content += chunk
        }
        return content
    }

    /// Hands a file's content over in pieces, for files that may be large.
    static func chunks(
        of path: String, _ body: (ArraySlice<UInt8>) throws(DAGParsingError) -> Void
    ) throws(DAGParsingError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 { return }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw failure("read", path)
            }
            try body(buffer[..<count])
        }
    }

    private static func failure(_ action: String, _ path: String) -> DAGParsingError {
        DAGParsingError(.unreadable, "cannot \(action) \(path): \(String(cString: strerror(errno)))")
    }
}

/// Work that blocks, away from the threads of Swift's own pool.
enum Blocking {
    private static let queue = DispatchQueue(label: "pipeline.dag-files", attributes: .concurrent)

    static func run<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work() }) }
        }
    }
}
