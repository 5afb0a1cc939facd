import Glibc

/// A folder to work in: the given one, or a new one below the system's temporary folder that goes with the task.
struct TemporaryFolder: Sendable {
    let path: String
    private let isOwned: Bool

    init(existing: String?) throws {
        if let existing {
            (path, isOwned) = (existing, false)
            return
        }
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/airflowtmpXXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ProcessError(description: "cannot create a folder below \(base): \(ChildProcess.text(errno))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        isOwned = true
    }

    func remove() {
        if isOwned { Self.removeTree(path) }
    }

    /// Removes a file or a folder with all that is in it; links are removed, not followed.
    private static func removeTree(_ path: String) {
        if unlink(path) == 0 || rmdir(path) == 0 { return }
        guard let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { removeTree(path + "/" + name) }
        }
        closedir(folder)
        rmdir(path)
    }
}
