import Glibc
package import PipelineCore

/// A secret of the installation in a file that its owner alone can read.
package struct KeyFile: Sendable {
    /// More than some keys never take.
    private static let maximumFileBytes = 4_096

    private let path: String
    private let make: @Sendable () -> String
    private let problem: @Sendable (String) -> String?

    /// - Parameters:
    ///   - make: a new key, where there is no file.
    ///   - problem: why a text is no key; `nil`: it is one.
    package init(
        _ path: String, make: @escaping @Sendable () -> String, problem: @escaping @Sendable (String) -> String?
    ) {
        self.path = path
        self.make = make
        self.problem = problem
    }

    /// The key in the file; makes the file when it is missing. Two processes that start at once get the same key.
    /// - Throws: ``StoreError`` when the file cannot be read or made, or holds no key.
    package func loadOrCreate() throws(StoreError) -> String {
        if let text = try load() { return text }
        try create()
        guard let text = try load() else { throw failure("vanished") }
        return text
    }

    /// Written under a name of its own and linked into place, so that nobody reads half a key.
    private func create() throws(StoreError) {
        let draft = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max))"
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("cannot be made") }
        defer { unlink(draft) }
        let bytes = Array((make() + "\n").utf8)
        let isWritten = write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
        guard close(file) == 0, isWritten else { throw failure("cannot be written") }
        guard link(draft, path) == 0 || errno == EEXIST else { throw failure("cannot be made") }
    }

    private func load() throws(StoreError) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        if file < 0 {
            if errno == ENOENT { return nil }
            throw failure("cannot be read")
        }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: Self.maximumFileBytes)
        let count = read(file, &bytes, bytes.count)
        guard count >= 0 else { throw failure("cannot be read") }
        let text = String(decoding: bytes.prefix(count), as: UTF8.self).filter { !$0.isWhitespace }
        if let problem = self.problem(text) { throw StoreError(.invalid, "the key file \(path) holds no key: \(problem)") }
        return text
    }

    private func failure(_ problem: String) -> StoreError {
        StoreError(
            errno == EACCES || errno == EROFS ? .readOnly : .unreachable,
            "the key file \(path) \(problem): \(String(cString: strerror(errno)))")
    }
}

extension FernetKey {
    /// The key text in the file at `path`, which is made when it is missing.
    /// - Throws: ``StoreError`` as ``KeyFile/loadOrCreate()``
    package static func loadOrCreate(_ path: String) throws(StoreError) -> String {
        try KeyFile(path, make: { generate() }) { text in
            do throws(StoreError) {
                _ = try FernetKeys(text)
                return nil
            } catch {
                return error.message
            }
        }.loadOrCreate()
    }
}
