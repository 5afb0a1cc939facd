import DAGParsing
import Glibc
import PipelineCore
import PythonHost
import Synchronization

/// The DAGs of the folder, read, published in the store, and given out by id or by version.
final class DAGLibrary: DAGProvider {
    private let workspace: Workspace
    let store: any PipelineStore
    let python: PythonHost
    private let directory: DAGDirectory
    let bundlePath: String
    let dst: DSTPolicies
    private let read = Mutex(DAGCatalog())
    /// The versions of the DAGs as they were read last, without documents.
    private let versions = Mutex<[String: DAGVersion]>([:])
    private let decoded = Mutex<[UUID7: PinnedDAG]>([:])
    private let contentHashes = Mutex<[String: String]>([:])

    /// Reads what has changed in the folder and publishes it.
    convenience init(workspace: Workspace, python: PythonHost) async throws {
        try self.init(unread: workspace, python: python)
        try await refresh()
    }

    /// Knows no DAG of the folder before ``refresh()``, but all versions in the store.
    init(unread workspace: Workspace, python: PythonHost) throws {
        let folder = workspace.configuration[.dagsFolder]
        guard Paths.isDirectory(folder) else {
            throw UsageError("the DAGs folder \(folder) does not exist (--dags or PIPELINE_DAGS_FOLDER)")
        }
        self.workspace = workspace
        store = workspace.store
        self.python = python
        bundlePath = folder
        let stated = workspace.configuration.values[.dstPolicies]
        dst = try DSTPolicies(stated?.text ?? "", source: stated.map { " (from \($0.source))" } ?? "")
        directory = DAGDirectory(
            folder: folder, bundleName: Self.bundleName, cache: workspace.parsedFiles,
            reader: PythonFileReader(host: python, configuration: workspace.configuration), clock: SystemWallClock(),
            zone: { try Timetables.factory.zoneRules($0) })
    }

    /// The DAGs as they were read last.
    var catalog: DAGCatalog { read.withLock { $0 } }

    /// Reads what has changed in the folder, publishes it, and tells what it was.
    @discardableResult
    func refresh() async throws -> DAGPublisher.Publication {
        var catalog = try await directory.refresh()
        let publication = try await Self.publish(catalog, workspace)
        // They are in the store now.
        for index in catalog.dags.indices { catalog.dags[index].document = nil }
        let latest = Dictionary(try await store.latestDAGVersions().map { ($0.dagID, $0) }) { first, _ in first }
        read.withLock { $0 = catalog }
        versions.withLock { $0 = latest }
        contentHashes.withLock { $0 = [:] }
        return publication
    }

    /// Times that a publication is tried when another process publishes at the same moment.
    private static let publishingAttempts = 5

    private static func publish(
        _ catalog: DAGCatalog, _ workspace: Workspace
    ) async throws -> DAGPublisher.Publication {
        let publisher = DAGPublisher(store: workspace.store, clock: SystemWallClock())
        for _ in 1..<publishingAttempts {
            do {
                return try await publisher.publish(catalog)
            } catch let error as StoreError where error.code == .conflict {
                continue
            }
        }
        return try await publisher.publish(catalog)
    }

    /// Airflow's name for the one bundle of a plain DAGs folder.
    static let bundleName = "dags-folder"

    func latest(dagID: String) async throws -> PinnedDAG? {
        // Not asked of the store: many runs may be due at the same instant.
        guard let loaded = catalog.dag(dagID), let version = versions.withLock({ $0[dagID] }) else { return nil }
        return PinnedDAG(dag: loaded.dag, versionID: version.id, bundleVersion: version.bundleVersion)
    }

    func version(_ id: UUID7) async throws -> PinnedDAG? {
        if let known = decoded.withLock({ $0[id] }) { return known }
        guard let version = try await store.dagVersion(id: id) else { return nil }
        let dag = try DAGDocument(utf8: version.document).decode()
        let pinned = PinnedDAG(dag: dag, versionID: id, bundleVersion: version.bundleVersion)
        decoded.withLock { decoded in
            if decoded.count >= Self.maximumDecoded { decoded = [:] }
            decoded[id] = pinned
        }
        return pinned
    }

    /// Versions that are kept decoded.
    private static let maximumDecoded = 64

    /// A run of the store with its DAG as it was when the run began, or as it is now where that is not known.
    /// - Throws: ``CommandFailure`` where there is no such DAG.
    func snapshot(of run: DAGRun) async throws -> RunSnapshot {
        var run = run
        let pinned: PinnedDAG?
        if let id = run.dagVersionID { pinned = try await version(id) } else { pinned = try await latest(dagID: run.key.dagID) }
        guard let pinned else { throw CommandFailure("the DAG version of run '\(run.key)' is not in the store") }
        (run.dagVersionID, run.bundleVersion) = (pinned.versionID, pinned.bundleVersion)
        var snapshot = try await RunSnapshotLoader(store: store).load(run, dag: pinned.dag, xcoms: store)
        // Also of a DAG without alerts: a site may want to be told of runs that take long.
        snapshot.deadlines = try await store.deadlines(run: run.key, isMissed: false)
        return snapshot
    }

    /// What a custom timetable answers; `nil` where it wants no further run.
    func nextRun(_ question: TimetableQuestion) async throws -> ScheduledRun? {
        guard let loaded = catalog.dag(question.dagID) else { return nil }
        return try await customRun(of: loaded.dag, after: question.last, within: question.restriction)
    }

    /// The run of the DAG's timetable, whichever kind it is, after a data interval; `nil` where there is none.
    func nextRun(
        of dag: DAG, after last: DataInterval?, within restriction: TimeRestriction
    ) async throws -> ScheduledRun? {
        if let timetable = try timetable(of: dag.header) {
            return timetable.nextRun(after: last, within: restriction, now: SystemWallClock().now())
        }
        return try await customRun(of: dag, after: last, within: restriction)
    }

    private func customRun(
        of dag: DAG, after last: DataInterval?, within restriction: TimeRestriction
    ) async throws -> ScheduledRun? {
        guard let next = try await customTimetable(of: dag).nextRun(after: last, within: restriction) else { return nil }
        let interval = next.dataInterval ?? .exact(next.runAfter)
        return ScheduledRun(
            runAfter: next.runAfter, logicalDate: interval.start, dataInterval: interval, partition: next.partition)
    }

    /// What a custom partition mapper answers.
    func answer(_ question: PartitionQuestion) async -> PartitionAnswer {
        guard let loaded = catalog.dag(question.dagID) else { return .unavailable("the DAG is not in the folder") }
        do {
            return try await customTimetable(of: loaded.dag).answer(question)
        } catch {
            return .unavailable("\(error)")
        }
    }

    func partition(of dag: DAG, key: String) async throws -> RunPartition {
        let definition = dag.header.timetable
        guard definition.takesPartitionKeys != false else {
            throw PartitionError("DAG '\(dag.id)' is not a partitioned DAG and does not accept a partition_key")
        }
        if let timetable = try timetable(of: dag.header), !Self.needsPython(timetable) {
            return RunPartition(key: key, date: try timetable.partitionDate(of: key))
        }
        return try await customTimetable(of: dag).partition(key: key)
    }

    private static func needsPython(_ timetable: any Timetable) -> Bool {
        (timetable as? PartitionedAssetTimetable)?.schedule.needsPython ?? false
    }

    /// A hash of the DAG file as it was when this process first asked after it was read; `nil` where it cannot be read.
    func contentHash(of relativePath: String) -> String? {
        if let known = contentHashes.withLock({ $0[relativePath] }) { return known }
        guard let bytes = try? Files.read(bundlePath + "/" + relativePath) else { return nil }
        let hash = ContentHash.sha256(bytes)
        contentHashes.withLock { $0[relativePath] = hash }
        return hash
    }

    func manualDataInterval(of dag: DAG, at instant: Timestamp) async throws -> DataInterval? {
        if let timetable = try timetable(of: dag.header) {
            return timetable.manualDataInterval(at: instant)
        }
        return try await customTimetable(of: dag).manualDataInterval(at: instant)
    }

    /// `nil`: only Python can evaluate it.
    /// - Throws: ``CronError``, ``ZoneError``.
    func timetable(of header: DAGHeader) throws -> (any Timetable)? {
        try Timetables.factory.timetable(header.timetable, dst: dst[header.id])
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
