import Glibc

/// A folder that lives as long as this object.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/dag-parsing-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { preconditionFailure("no temporary folder") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Self.remove(path) }

    func write(_ file: String, _ text: String) { write(file, Array(text.utf8)) }

    func write(_ file: String, _ bytes: [UInt8]) {
        let full = "\(path)/\(file)"
        makeFolders(full)
        guard let stream = fopen(full, "wb") else { preconditionFailure("cannot write \(full)") }
        fwrite(bytes, 1, bytes.count, stream)
        fclose(stream)
    }

    func remove(_ file: String) { unlink("\(path)/\(file)") }

    func link(_ file: String, to target: String) {
        makeFolders("\(path)/\(file)")
        symlink(target, "\(path)/\(file)")
    }

    private func makeFolders(_ file: String) {
        var folder = ""
        for part in file.split(separator: "/").dropLast() {
            folder += "/\(part)"
            mkdir(folder, 0o755)
        }
    }

    private static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR, let stream = opendir(path) else {
            unlink(path)
            return
        }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { remove("\(path)/\(name)") }
        }
        closedir(stream)
        rmdir(path)
    }
}
