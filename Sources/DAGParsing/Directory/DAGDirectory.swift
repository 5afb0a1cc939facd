package import PipelineCore

/// The DAGs of a folder on disk.
///
/// Files are known by their content: one that has been read once, with everything it loads, is not read again, neither
/// in this process nor after a restart (the store keeps what reading gave). A file that fails yields an import error
/// and touches no other.
package actor DAGDirectory: DAGSource {
    /// What the DAGs of the folder belong to.
    struct Configuration: Sendable {
        var folder: String
        var bundleName: String
        var bundleVersion: String?
        var maximumConcurrentReads: Int
    }

    private let configuration: Configuration
    private let reader: any DAGFileReader
    private let cache: any DAGStore
    private let clock: any WallClock
    private let zone: @Sendable (String) throws -> ZoneRules
    /// What the last refresh knew, by the file's path.
    private var known: [String: KnownFile] = [:]

    /// A file whose DAGs are decoded already.
    private struct KnownFile {
        var key: String
        /// Without the documents.
        var parsed: ParsedFile
        var loaded: LoadedFile
    }

    /// - Parameters:
    ///   - folder: the DAGs folder, absolute.
    ///   - cache: keeps what reading gave across restarts.
    ///   - clock: relative start dates of `dag.yaml` count from its day.
    ///   - zone: the rules of a time zone, by name.
    ///   - maximumConcurrentReads: files that are read at the same time.
    package init(
        folder: String, bundleName: String, bundleVersion: String? = nil, cache: any DAGStore,
        reader: any DAGFileReader, clock: any WallClock, zone: @escaping @Sendable (String) throws -> ZoneRules,
        maximumConcurrentReads: Int = 4
    ) {
        precondition(maximumConcurrentReads > 0)
        configuration = Configuration(
            folder: folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder,
            bundleName: bundleName, bundleVersion: bundleVersion, maximumConcurrentReads: maximumConcurrentReads)
        self.reader = reader
        self.cache = cache
        self.clock = clock
        self.zone = zone
    }

    /// - Throws: ``DAGParsingError`` where the folder is not there, ``StoreError``.
    package func refresh() async throws -> DAGCatalog {
        let folder = configuration.folder
        let snapshot = try await Blocking.run { try FolderSnapshot(folder: folder) }
        var files = readYAML(snapshot)
        let (python, filesRead) = try await readPython(snapshot)
        files.merge(python) { first, _ in first }
        known = files
        var builder = CatalogBuilder(
            errors: snapshot.errors, filesSeen: snapshot.entries.count, filesRead: filesRead)
        for (_, file) in files.sorted(by: { $0.key < $1.key }) { builder.add(file.loaded) }
        return builder.catalog
    }

    /// YAML files take no reader and no cache; a relative start date lets their meaning change with the hour.
    private func readYAML(_ snapshot: FolderSnapshot) -> [String: KnownFile] {
        let now = clock.now()
        var files: [String: KnownFile] = [:]
        for entry in snapshot.entries where entry.file.kind == .yaml {
            let path = entry.file.path
            let key = "\(entry.hash) \(now.microseconds / 3_600_000_000)"
            if let file = known[path], file.key == key {
                files[path] = file
                continue
            }
            let parser = YAMLDAGParser(folder: configuration.folder, now: now, zone: zone)
            let parsed: ParsedFile
            do {
                let documents = try parser.parse(String(decoding: entry.content, as: UTF8.self), file: path)
                parsed = ParsedFile(documents: try documents.map { (try $0.hash(), $0) }, errors: [])
            } catch {
                parsed = .failed(path, error)
            }
            files[path] = knownFile(key, parsed, path: path)
        }
        return files
    }

    /// The documents are not kept once they are decoded.
    private func knownFile(_ key: String, _ parsed: ParsedFile, path: String) -> KnownFile {
        let loaded = LoadedFile(parsed, path: path, configuration: configuration)
        var rest = parsed
        rest.documents = []
        return KnownFile(key: key, parsed: rest, loaded: loaded)
    }
}

extension DAGDirectory {
    /// The Python files and zips: those that are known as they are, then those that the store knows, then the reader's.
    private func readPython(_ snapshot: FolderSnapshot) async throws -> ([String: KnownFile], filesRead: Int) {
        let entries = snapshot.entries.filter { $0.file.kind != .yaml }
        guard !entries.isEmpty else { return ([:], 0) }
        let version: String
        do {
            version = try await reader.sdkVersion
        } catch {
            return (unreadable(entries, error), 0)
        }
        let keys = entries.map { cacheKey($0, version: version) }
        let candidates = try await remembered(entries, keys: keys)
        let fresh = try await Blocking.run { Self.stillValid(candidates, snapshot) }
        var files: [String: KnownFile] = [:]
        var missing: [(entry: FolderSnapshot.Entry, key: String)] = []
        for (entry, key) in zip(entries, keys) {
            let path = entry.file.path
            if let parsed = fresh[path] {
                let same = known[path].flatMap { $0.key == key ? $0 : nil }
                files[path] = same ?? knownFile(key, parsed, path: path)
            } else {
                missing.append((entry, key))
            }
        }
        let read = try await readAnew(missing, snapshot)
        files.merge(read) { _, new in new }
        return (files, missing.count)
    }

    /// Without a reader every Python file says why, and the YAML files live on.
    private func unreadable(_ entries: [FolderSnapshot.Entry], _ error: any Error) -> [String: KnownFile] {
        var files: [String: KnownFile] = [:]
        for entry in entries {
            let parsed = ParsedFile.failed(entry.file.path, error)
            files[entry.file.path] = knownFile("", parsed, path: entry.file.path)
        }
        return files
    }

    private func cacheKey(_ entry: FolderSnapshot.Entry, version: String) -> String {
        ContentHash.sha256("1\n\(version)\n\(configuration.bundleName)\n\(entry.file.path)\n\(entry.hash)".utf8)
    }

    /// By path, from memory where the key is the same, else from the store; one call for all of them.
    private func remembered(
        _ entries: [FolderSnapshot.Entry], keys: [String]
    ) async throws -> [String: ParsedFile] {
        var result: [String: ParsedFile] = [:]
        var unknown: [(path: String, key: String)] = []
        for (entry, key) in zip(entries, keys) {
            let path = entry.file.path
            if let file = known[path], file.key == key {
                result[path] = file.parsed
            } else {
                unknown.append((path, key))
            }
        }
        guard !unknown.isEmpty else { return result }
        let stored = try await cache.parsedFiles(keys: unknown.map(\.key))
        for (path, key) in unknown {
            guard let bytes = stored[key] else { continue }
            result[path] = ParsedFile(utf8: bytes, path: path)
        }
        return result
    }

    /// Those whose dependencies are as they were. Blocking.
    private static func stillValid(
        _ candidates: [String: ParsedFile], _ snapshot: FolderSnapshot
    ) -> [String: ParsedFile] {
        let folderHash = candidates.values.contains { $0.folderHash != nil } ? snapshot.folderHash : nil
        return candidates.filter { _, parsed in
            if let hash = parsed.folderHash { return hash == folderHash }
            return snapshot.hashes(of: parsed.dependencies.keys) == parsed.dependencies
        }
    }

    private func readAnew(
        _ missing: [(entry: FolderSnapshot.Entry, key: String)], _ snapshot: FolderSnapshot
    ) async throws -> [String: KnownFile] {
        var files: [String: KnownFile] = [:]
        var stored: [String: [UInt8]] = [:]
        for read in try await read(missing.map(\.entry), snapshot) {
            let path = missing[read.index].entry.file.path
            var key = ""
            if read.isStable {
                key = missing[read.index].key
                stored[key] = read.parsed.utf8
            }
            files[path] = knownFile(key, read.parsed, path: path)
        }
        if !stored.isEmpty { try await cache.setParsedFiles(stored) }
        return files
    }

    /// At most ``Configuration/maximumConcurrentReads`` calls of the reader at a time, each with its share of what is left.
    private func read(_ entries: [FolderSnapshot.Entry], _ snapshot: FolderSnapshot) async throws -> [FileRead] {
        let batch = ReadingBatch(reader: reader, configuration: configuration, snapshot: snapshot)
        return try await withThrowingTaskGroup(of: (left: [Int], reads: [FileRead]).self) { group in
            var results: [FileRead] = []
            var waiting = Array(entries.indices)
            var running = 0
            while !waiting.isEmpty || running > 0 {
                while running < configuration.maximumConcurrentReads, !waiting.isEmpty {
                    let share = (waiting.count - 1) / configuration.maximumConcurrentReads + 1
                    let files = waiting.prefix(share).map { ($0, entries[$0]) }
                    waiting.removeFirst(files.count)
                    group.addTask { try await batch.read(files) }
                    running += 1
                }
                guard let done = try await group.next() else { break }
                running -= 1
                results += done.reads
                waiting = done.left + waiting
            }
            return results
        }
    }
}
