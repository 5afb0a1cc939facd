import ChildProcesses
import Glibc

/// A folder to work in: the given one, or a new one below the temporary folder that goes with the task.
struct TemporaryFolder: Sendable {
    let path: String
    private let isOwned: Bool

    private static let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789_")
    private static let maximumAttempts = 100

    /// - Throws: ``ProcessError`` with the path and the system's reason.
    init(existing: String?, root: String) throws {
        if let existing {
            (path, isOwned) = (existing, false)
            return
        }
        for _ in 0..<Self.maximumAttempts {
            let name = "airflowtmp" + Self.randomLetters()
            if mkdir("\(root)/\(name)", 0o700) == 0 {
                (path, isOwned) = ("\(root)/\(name)", true)
                return
            }
            guard errno == EEXIST else { break }
        }
        throw ProcessError(description: "cannot create a folder below \(root): \(ChildProcess.text(errno))")
    }

    /// Eight, as Python's `tempfile` takes them.
    static func randomLetters() -> String { String((0..<8).map { _ in letters[Int.random(in: letters.indices)] }) }

    /// Python's `tempfile.gettempdir()`: the first of these that can be written to.
    static func root(_ environment: [String: String]) -> String {
        let named = ["TMPDIR", "TEMP", "TMP"].compactMap { environment[$0] }
        return (named + ["/tmp", "/var/tmp", "/usr/tmp"]).first { access($0, W_OK | X_OK) == 0 } ?? "/tmp"
    }

    func remove() {
        if isOwned { Self.removeTree(path) }
    }

    /// Removes a file or a folder with all that is in it; links are removed, not followed.
    static func removeTree(_ path: String) {
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
