import Crypto
import PipelineCore

/// The content of a DAGs folder at one moment: which files may hold DAGs, and a hash of each.
struct FolderSnapshot: Sendable {
    struct Entry: Sendable {
        var file: DAGFolderScanner.File
        var hash: String
        /// The text of a `dag.yaml`; the others are the reader's business.
        var content: [UInt8]
    }

    let folder: String
    private(set) var entries: [Entry] = []
    private(set) var errors: [ImportError] = []
    /// Hashes of all Python files, those included that safe mode passes over: modules that DAG files import.
    private(set) var hashes: [String: String] = [:]

    /// Blocking.
    init(folder: String) throws(DAGParsingError) {
        self.folder = folder
        var scanner = DAGFolderScanner(root: folder)
        let found = try scanner.scan()
        errors = found.errors.map { ImportError($0.file ?? "", $0) }
        for file in found.files {
            do { try add(file) } catch { errors.append(ImportError(file.path, error)) }
        }
    }

    private mutating func add(_ file: DAGFolderScanner.File) throws(DAGParsingError) {
        let path = "\(folder)/\(file.path)"
        guard file.kind != .zip else {
            return entries.append(Entry(file: file, hash: try Self.hash(of: path), content: []))
        }
        let content = try FileSystem.bytes(path)
        let hash = ContentHash.sha256(content)
        hashes[file.path] = hash
        switch file.kind {
        case .yaml: entries.append(Entry(file: file, hash: hash, content: content))
        default:
            if SafeMode.mightContainDAG(content) { entries.append(Entry(file: file, hash: hash, content: [])) }
        }
    }

    /// One hash over all that a Python file of the folder may import.
    var folderHash: String {
        let lines = hashes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }
        return ContentHash.sha256(lines.joined().utf8)
    }

    /// Hashes of files below the folder, or outside of it where the path is absolute; a file that is not there (any
    /// more) has the hash "". Blocking.
    func hashes(of paths: some Sequence<String>) -> [String: String] {
        var result: [String: String] = [:]
        for path in paths {
            result[path] = hashes[path] ?? (try? Self.hash(of: place(of: path))) ?? ""
        }
        return result
    }

    private func place(of path: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }

    /// The same from the disk as it is now. Blocking.
    func freshHashes(of paths: some Sequence<String>) -> [String: String] {
        var result: [String: String] = [:]
        for path in paths { result[path] = (try? Self.hash(of: place(of: path))) ?? "" }
        return result
    }

    /// Whether a file still has the content of the snapshot, where that knows it.
    func isUnchanged(_ path: String, _ hash: String) -> Bool { hashes[path].map { $0 == hash } ?? true }

    private static func hash(of path: String) throws(DAGParsingError) -> String {
        var hasher = SHA256()
        try FileSystem.chunks(of: path) { hasher.update(data: Array($0)) }
        return ContentHash.hexadecimal(hasher.finalize())
    }
}
