import Glibc

/// Finds the files of a DAGs folder that may hold DAGs, as Airflow does: Python files and zips below it that no
/// `.airflowignore` excludes, symbolic links followed; and `dag.yaml`, `*.dag.yaml` besides.
///
/// Airflow gives up on a folder that is reached twice through links; here it is read the first time only. `.git` and
/// `__pycache__`, in which Airflow looks too, are left out. Blocking.
/// Source: Airflow 3.3 `_shared/module_loading/file_discovery.py`, `dag_processing/importers/python_importer.py`.
struct DAGFolderScanner {
    struct File: Sendable, Hashable {
        enum Kind: Sendable, Hashable { case python, zip, yaml }

        /// Relative to the folder, with `/`.
        var path: String
        var kind: Kind
    }

    struct Result: Sendable {
        /// Sorted by path.
        var files: [File] = []
        /// Folders that could not be looked into.
        var errors: [DAGParsingError] = []
    }

    static let ignoreFile = ".airflowignore"
    /// More than a team's folder ever holds; a scan of somebody's home directory by mistake comes to an end.
    static let maximumFiles = 100_000

    private let root: String
    private var visited: Set<FileSystem.Identity> = []
    private var result = Result()

    init(root: String) { self.root = root }

    /// - Throws: where the folder itself is not there or cannot be read.
    mutating func scan() throws(DAGParsingError) -> Result {
        guard let status = FileSystem.status(root), status.kind == .folder else {
            throw DAGParsingError(.unreadable, "the DAGs folder \(root) does not exist or is no folder")
        }
        visited.insert(status.identity)
        try scan([], rules: [])
        result.files.sort { $0.path < $1.path }
        return result
    }

    /// A pattern and the names down to the folder whose file has it.
    private struct Rule {
        var pattern: IgnorePattern
        var folder: [String]
    }

    private mutating func scan(_ folder: [String], rules: [Rule]) throws(DAGParsingError) {
        let names = try FileSystem.names(in: absolute(folder))
        let rules = rules + (names.contains(Self.ignoreFile) ? ownRules(folder) : [])
        var folders: [String] = []
        for name in names where name != Self.ignoreFile {
            let path = folder + [name]
            guard let status = FileSystem.status(absolute(path)) else { continue }
            guard !Self.isIgnored(path, isFolder: status.kind == .folder, rules) else { continue }
            switch status.kind {
            case .file: try add(path)
            case .folder where name != ".git" && name != "__pycache__" && visited.insert(status.identity).inserted:
                folders.append(name)
            default: break
            }
        }
        for name in folders { try descend(folder + [name], rules) }
    }

    /// A folder that cannot be read is reported and harms no other.
    private mutating func descend(_ folder: [String], _ rules: [Rule]) throws(DAGParsingError) {
        do {
            try scan(folder, rules: rules)
        } catch {
            guard error.code == .unreadable else { throw error }
            result.errors.append(error.inFile(folder.joined(separator: "/")))
        }
    }

    private mutating func add(_ path: [String]) throws(DAGParsingError) {
        guard let name = path.last, let kind = Self.kind(of: name) else { return }
        guard result.files.count < Self.maximumFiles else {
            throw DAGParsingError(.invalidValue, "\(root) holds more than \(Self.maximumFiles) DAG files")
        }
        result.files.append(File(path: path.joined(separator: "/"), kind: kind))
    }

    static func kind(of name: String) -> File.Kind? {
        let lower = name.lowercased()
        for ending in [".yaml", ".yml"] where lower == "dag" + ending || lower.hasSuffix(".dag" + ending) {
            return .yaml
        }
        // A name that is nothing but an ending has none, as in Python's `Path.suffix`.
        if lower.hasSuffix(".py"), lower.count > 3 { return .python }
        return lower.hasSuffix(".zip") && lower.count > 4 ? .zip : nil
    }

    private func ownRules(_ folder: [String]) -> [Rule] {
        guard let bytes = try? FileSystem.bytes(absolute(folder + [Self.ignoreFile])) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
            .compactMap { IgnorePattern(line: $0) }.map { Rule(pattern: $0, folder: folder) }
    }

    /// The last rule that matches decides.
    private static func isIgnored(_ path: [String], isFolder: Bool, _ rules: [Rule]) -> Bool {
        var ignored = false
        for rule in rules where isFolder || !rule.pattern.isForFolders {
            let place = rule.pattern.isAnchored ? path.dropFirst(rule.folder.count) : path.suffix(1)
            if rule.pattern.matches(Array(place), isFolder: isFolder) { ignored = !rule.pattern.isNegated }
        }
        return ignored
    }

    private func absolute(_ path: [String]) -> String { ([root] + path).joined(separator: "/") }
}

/// Airflow's guess whether a Python file is about DAGs at all (`core.dag_discovery_safe_mode`).
/// Source: Airflow 3.3 `utils/file.py` (`might_contain_dag_via_default_heuristic`).
enum SafeMode {
    static func mightContainDAG(_ content: [UInt8]) -> Bool {
        let lower = content.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        return contains(lower, "airflow") && (contains(lower, "dag") || contains(lower, "asset"))
    }

    private static func contains(_ text: [UInt8], _ word: String) -> Bool {
        let word = Array(word.utf8)
        return text.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return false }
            var position = 0
            // `memchr` skips what cannot begin the word at the speed of the memory.
            while position + word.count <= bytes.count,
                let hit = memchr(start + position, Int32(word[0]), bytes.count - position)
            {
                position = UnsafeRawPointer(hit) - start
                guard position + word.count <= bytes.count else { return false }
                if memcmp(hit, word, word.count) == 0 { return true }
                position += 1
            }
            return false
        }
    }
}
