import Glibc
package import PipelineCore

extension FernetKey {
    /// More than some keys never take.
    private static let maximumFileBytes = 4_096

    /// The key text in the file at `path`; makes the file, readable by its owner only, when it is missing. Two
    /// processes that start at once get the same key.
    /// - Throws: ``StoreError`` when the file cannot be read or made, or holds no key.
    package static func loadOrCreate(_ path: String) throws(StoreError) -> String {
        if let text = try load(path) { return text }
        try create(path)
        guard let text = try load(path) else { throw failure("vanished", path) }
        return text
    }

    /// Written under a name of its own and linked into place, so that nobody reads half a key.
    private static func create(_ path: String) throws(StoreError) {
        let draft = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max))"
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("cannot be made", path) }
        defer { unlink(draft) }
        let bytes = Array((generate() + "\n").utf8)
        let isWritten = write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
        guard close(file) == 0, isWritten else { throw failure("cannot be written", path) }
        guard link(draft, path) == 0 || errno == EEXIST else { throw failure("cannot be made", path) }
    }

    private static func load(_ path: String) throws(StoreError) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        if file < 0 {
            if errno == ENOENT { return nil }
            throw failure("cannot be read", path)
        }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: maximumFileBytes)
        let count = read(file, &bytes, bytes.count)
        guard count >= 0 else { throw failure("cannot be read", path) }
        let text = String(decoding: bytes.prefix(count), as: UTF8.self).filter { !$0.isWhitespace }
        do {
            _ = try FernetKeys(text)
        } catch {
            throw StoreError(.invalid, "the key file \(path) holds no key: \(error.message)")
        }
        return text
    }

    private static func failure(_ problem: String, _ path: String) -> StoreError {
        StoreError(
            errno == EACCES || errno == EROFS ? .readOnly : .unreachable,
            "the key file \(path) \(problem): \(String(cString: strerror(errno)))")
    }
}
