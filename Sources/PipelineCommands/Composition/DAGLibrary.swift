import DAGParsing
import Glibc
import PipelineCore
import PythonHost
import Synchronization

/// The DAGs of the folder, read, published in the store, and given out by id or by version.
final class DAGLibrary: DAGProvider {
    let catalog: DAGCatalog
    private let store: any PipelineStore
    private let python: PythonHost
    private let bundlePath: String
    private let decoded = Mutex<[UUID7: PinnedDAG]>([:])
    private let contentHashes = Mutex<[String: String]>([:])

    /// Reads what has changed in the folder and publishes it.
    init(workspace: Workspace, python: PythonHost) async throws {
        let folder = workspace.configuration[.dagsFolder]
        guard Paths.isDirectory(folder) else {
            throw UsageError("the DAGs folder \(folder) does not exist (--dags or PIPELINE_DAGS_FOLDER)")
        }
        store = workspace.store
        self.python = python
        bundlePath = folder
        let directory = DAGDirectory(
            folder: folder, bundleName: Self.bundleName, cache: workspace.parsedFiles,
            reader: PythonFileReader(host: python, configuration: workspace.configuration), clock: SystemWallClock(),
            zone: { try Timetables.factory.zoneRules($0) })
        var catalog = try await directory.refresh()
        try await Self.publish(catalog, workspace)
        // They are in the store now.
        for index in catalog.dags.indices { catalog.dags[index].document = nil }
        self.catalog = catalog
    }

    /// Times that a publication is tried when another process publishes at the same moment.
    private static let publishingAttempts = 5

    private static func publish(_ catalog: DAGCatalog, _ workspace: Workspace) async throws {
        let publisher = DAGPublisher(store: workspace.store, clock: SystemWallClock())
        for attempt in 1... {
            do {
                try await publisher.publish(catalog)
                return
            } catch let error as StoreError where error.code == .conflict && attempt < publishingAttempts {
                continue
            }
        }
    }

    /// Airflow's name for the one bundle of a plain DAGs folder.
    static let bundleName = "dags-folder"

    func latest(dagID: String) async throws -> PinnedDAG? {
        guard let loaded = catalog.dag(dagID), let version = try await store.latestDAGVersion(dagID: dagID) else {
            return nil
        }
        return PinnedDAG(dag: loaded.dag, versionID: version.id, bundleVersion: version.bundleVersion)
    }

    func version(_ id: UUID7) async throws -> PinnedDAG? {
        if let known = decoded.withLock({ $0[id] }) { return known }
        guard let version = try await store.dagVersion(id: id) else { return nil }
        let dag = try DAGDocument(utf8: version.document).decode()
        let pinned = PinnedDAG(dag: dag, versionID: id, bundleVersion: version.bundleVersion)
        decoded.withLock { $0[id] = pinned }
        return pinned
    }

    /// A hash of the DAG file as it was when this process first asked; `nil` where it cannot be read.
    func contentHash(of relativePath: String) -> String? {
        if let known = contentHashes.withLock({ $0[relativePath] }) { return known }
        guard let bytes = try? Files.read(bundlePath + "/" + relativePath) else { return nil }
        let hash = ContentHash.sha256(bytes)
        contentHashes.withLock { $0[relativePath] = hash }
        return hash
    }

    func manualDataInterval(of dag: DAG, at instant: Timestamp) async throws -> DataInterval? {
        if let timetable = try Timetables.factory.timetable(dag.header.timetable) {
            return timetable.manualDataInterval(at: instant)
        }
        return try await customTimetable(of: dag).manualDataInterval(at: instant)
    }

    func customTimetable(of dag: DAG) -> PythonTimetable {
        PythonTimetable(host: python, dag: dag, bundlePath: bundlePath, bundleName: Self.bundleName)
    }

    /// - Throws: ``CommandFailure`` with the nearest id, or the error that kept the DAG from being read.
    func require(_ dagID: String) throws -> LoadedDAG {
        if let loaded = catalog.dag(dagID) { return loaded }
        var text = "DAG '\(dagID)' was not found in \(bundlePath)"
        if let near = Suggestion.nearest(to: dagID, among: catalog.dags.map(\.dag.id)) {
            text += "; did you mean '\(near)'?"
        }
        for error in catalog.importErrors.prefix(3) {
            text += "\n\(error.file)\(error.line.map { ":\($0)" } ?? "") could not be read: \(error.message)"
        }
        if catalog.importErrors.count > 3 { text += "\n... and \(catalog.importErrors.count - 3) more files" }
        throw CommandFailure(text)
    }
}

/// Timetables over the zones of this machine.
enum Timetables {
    static let factory = TimetableFactory { name in
        if ["UTC", "Etc/UTC", "GMT"].contains(name) { return .utc }
        if let fixed = ZoneRules.fixed(named: name) { return fixed }
        guard !name.contains(".."), let bytes = try? Files.read("/usr/share/zoneinfo/\(name)") else {
            throw ZoneError(name: name, message: "not in /usr/share/zoneinfo; install the package tzdata")
        }
        return try ZoneRules(name: name, tzif: bytes)
    }
}
