import ChildProcesses
import Glibc
import PipelineCore

/// Logs of tries as files below one folder, at Airflow's paths.
package struct FileTaskLogStore: TaskLogStore {
    package let folder: String

    package init(folder: String) { self.folder = folder }

    package func path(_ path: String) -> String { folder + "/" + path }

    /// - Throws: ``ProcessError`` with the path and the system's reason.
    package func openForAppending(_ path: String) throws -> Int32 {
        let full = self.path(path)
        try Self.createFolder(of: full)
        let descriptor = open(full, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw ProcessError(description: "cannot write the log \(full): \(ChildProcess.text(errno))")
        }
        return descriptor
    }

    package func read(_ path: String, offset: Int, maximumBytes: Int) throws -> [UInt8]? {
        let descriptor = open(self.path(path), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw ProcessError(description: "cannot read the log \(self.path(path)): \(ChildProcess.text(errno))")
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: maximumBytes)
        let count = pread(descriptor, &bytes, maximumBytes, offset)
        return Array(bytes.prefix(max(0, count)))
    }

    /// Bytes of a log; `nil` where there is none.
    func size(_ path: String) -> Int? {
        var status = stat()
        return stat(self.path(path), &status) == 0 ? Int(status.st_size) : nil
    }

    private static func createFolder(of path: String) throws {
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return }
        let folder = String(path[..<slash])
        if mkdir(folder, 0o755) == 0 || errno == EEXIST { return }
        guard errno == ENOENT else {
            throw ProcessError(description: "cannot create the folder \(folder): \(ChildProcess.text(errno))")
        }
        try createFolder(of: folder)
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
            throw ProcessError(description: "cannot create the folder \(folder): \(ChildProcess.text(errno))")
        }
    }
}
