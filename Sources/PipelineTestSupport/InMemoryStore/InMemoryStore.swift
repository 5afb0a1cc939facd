package import PipelineCore
import Synchronization

/// The driver without a database: a ``InMemoryStoreCore`` behind a lock. Tests that run on one thread use the core
/// directly; everything else uses this.
package final class InMemoryStore: PipelineStore {
    private let core: Mutex<InMemoryStoreCore>

    package init(_ core: InMemoryStoreCore = InMemoryStoreCore()) { self.core = Mutex(core) }

    /// A copy of the present state: what a crash at this moment would leave.
    package var snapshot: InMemoryStoreCore { core.withLock { $0 } }

    /// Reads or changes the state, e.g. to plan a fault.
    package func withCore<Result: Sendable>(
        _ body: (inout InMemoryStoreCore) throws -> sending Result
    ) rethrows -> Result {
        try core.withLock { try body(&$0) }
    }

    package let location = "memory"
}

extension InMemoryStore {
    package func commit(_ changes: [StoreChange], epoch: Int64) async throws {
        try withCore { try $0.commit(changes, epoch: epoch) }
    }
    package func run(_ key: RunKey) async throws -> DAGRun? { withCore { $0.runs[key] } }
    package func runs(_ filter: RunFilter) async throws -> [DAGRun] { withCore { $0.runs(filter) } }
    package func countRuns(_ filter: RunFilter) async throws -> Int { withCore { $0.countRuns(filter) } }
    package func lastAutomatedRuns() async throws -> [DAGRun] { withCore { $0.lastAutomatedRuns } }
    package func previousRun(
        dagID: String, before logicalDate: Timestamp, states: [RunState]
    ) async throws -> DAGRun? {
        withCore { $0.previousRun(dagID: dagID, before: logicalDate, states: states) }
    }
    package func taskInstances(_ filter: TaskFilter) async throws -> [TaskInstance] {
        withCore { $0.taskInstances(filter) }
    }
    package func taskInstance(id: UUID7) async throws -> TaskInstance? { withCore { $0.taskInstance(id: id) } }
    package func history(_ key: TaskInstanceKey) async throws -> [TaskInstance] { withCore { $0.history(key) } }
    package func deleteRun(_ key: RunKey) async throws -> Bool { try withCore { try $0.deleteRun(key) } }
    package func reschedules(tryID: UUID7) async throws -> [TaskReschedule] {
        withCore { $0.reschedules(tryID: tryID) }
    }
    package func setRenderedFields(_ fields: JSONObject, of key: TaskInstanceKey) async throws {
        try withCore { try $0.setRenderedFields(fields, of: key) }
    }
    package func renderedFields(of key: TaskInstanceKey) async throws -> JSONObject? {
        withCore { $0.renderedFields[key] }
    }
    package func setNote(_ note: String?, run: RunKey) async throws {
        try withCore { try $0.setNote(note, run: run) }
    }
}

extension InMemoryStore {
    package func setXCom(_ xcom: XCom) async throws { try withCore { try $0.setXCom(xcom) } }
    package func xcom(_ task: TaskInstanceKey, key: String) async throws -> XCom? {
        withCore { $0.xcoms[task]?[key] }
    }
    package func xcoms(run: RunKey, taskIDs: [String]?, key: String?) async throws -> [XCom] {
        withCore { $0.xcoms(run: run, taskIDs: taskIDs, key: key) }
    }
    package func latestXCom(_ task: TaskInstanceKey, key: String) async throws -> XCom? {
        withCore { $0.latestXCom(task, key: key) }
    }
    package func deleteXCom(_ task: TaskInstanceKey, key: String) async throws {
        withCore { $0.xcoms[task]?[key] = nil }
    }
}

extension InMemoryStore {
    package func variables() async throws -> [Variable] {
        withCore { $0.variables.values.sorted { $0.key < $1.key } }
    }
    package func variable(_ key: String) async throws -> Variable? { withCore { $0.variables[key] } }
    package func setVariable(_ variable: Variable) async throws { withCore { $0.variables[variable.key] = variable } }
    package func deleteVariable(_ key: String) async throws -> Bool {
        withCore { $0.variables.removeValue(forKey: key) != nil }
    }
    package func connections() async throws -> [Connection] {
        withCore { $0.connections.values.sorted { $0.id < $1.id } }
    }
    package func connection(_ id: String) async throws -> Connection? { withCore { $0.connections[id] } }
    package func setConnection(_ connection: Connection) async throws {
        withCore { $0.connections[connection.id] = connection }
    }
    package func deleteConnection(_ id: String) async throws -> Bool {
        withCore { $0.connections.removeValue(forKey: id) != nil }
    }
    package func pools() async throws -> [Pool] { withCore { $0.pools.values.sorted { $0.name < $1.name } } }
    package func setPool(_ pool: Pool) async throws { try withCore { try $0.setPool(pool) } }
    package func deletePool(_ name: String) async throws -> Bool { try withCore { try $0.deletePool(name) } }
}

extension InMemoryStore {
    package func pausedDAGs() async throws -> [String] {
        try await dagRecords().filter(\.isPaused).map(\.dagID)
    }

    package func dagRecords() async throws -> [DAGRecord] {
        withCore { $0.dags.values.sorted { $0.dagID < $1.dagID } }
    }
    package func dagRecord(_ dagID: String) async throws -> DAGRecord? { withCore { $0.dags[dagID] } }
    package func saveDAGRecords(_ records: [DAGRecord]) async throws { withCore { $0.saveDAGRecords(records) } }
    package func setPaused(_ isPaused: Bool, dagID: String) async throws -> Bool {
        withCore { $0.setPaused(isPaused, dagID: dagID) }
    }
    package func dagVersion(id: UUID7) async throws -> DAGVersion? {
        withCore { core in core.versions.values.lazy.joined().first { $0.id == id } }
    }
    package func latestDAGVersion(dagID: String) async throws -> DAGVersion? {
        withCore { $0.versions[dagID]?.last?.withoutDocument }
    }
    package func dagVersions(dagID: String) async throws -> [DAGVersion] {
        withCore { $0.dagVersions(dagID: dagID) }
    }
    package func addDAGVersion(_ version: DAGVersion) async throws { try withCore { try $0.addDAGVersion(version) } }
    package func importErrors() async throws -> [ImportError] { withCore { $0.importErrors } }
    package func replaceImportErrors(_ errors: [ImportError]) async throws {
        withCore { $0.importErrors = errors.sorted { $0.file < $1.file } }
    }
    package func parsedFile(key: String) async throws -> [UInt8]? { withCore { $0.parsedFiles[key] } }
    package func parsedFiles(keys: [String]) async throws -> [String: [UInt8]] {
        withCore { core in core.parsedFiles.filter { keys.contains($0.key) } }
    }
    package func setParsedFiles(_ files: [String: [UInt8]]) async throws { withCore { $0.setParsedFiles(files) } }
}

extension InMemoryStore {
    package func assets() async throws -> [AssetRecord] { withCore { $0.assets } }
    package func asset(name: String) async throws -> AssetRecord? {
        withCore { $0.firstAsset { $0.name == name } }
    }
    package func asset(uri: String) async throws -> AssetRecord? { withCore { $0.firstAsset { $0.uri == uri } } }
    package func replaceActiveAssets(_ assets: [AssetRecord]) async throws {
        withCore { $0.replaceActiveAssets(assets) }
    }
    package func assetEvents(name: String?, uri: String?, aliasName: String?) async throws -> [AssetEvent] {
        withCore { $0.assetEvents(name: name, uri: uri, aliasName: aliasName) }
    }
    package func createAssetEvent(
        _ asset: AssetKey, extra: JSONValue, partitionKey: String?, at instant: Timestamp
    ) async throws -> AssetEvent {
        try withCore { try $0.createAssetEvent(asset, extra: extra, partitionKey: partitionKey, at: instant) }
    }
    package func unregisteredAssetEvents() async throws -> [AssetEvent] { withCore { $0.unregisteredAssetEvents } }
    package func consumedAssetEvents(_ run: RunKey) async throws -> [AssetEvent] {
        withCore { $0.consumedAssetEvents(run) }
    }
    package func assets(ofAlias name: String) async throws -> [AssetRecord] { withCore { $0.assets(ofAlias: name) } }
    package func assetQueue() async throws -> AssetQueue { withCore { $0.wholeAssetQueue } }
}

extension InMemoryStore {
    package func stateValue(_ scope: StateScope, key: String) async throws -> JSONValue? {
        withCore { $0.stateValue(scope, key: key) }
    }
    package func setStateValue(_ value: JSONValue, _ scope: StateScope, key: String) async throws {
        try withCore { try $0.setStateValue(value, scope, key: key) }
    }
    package func deleteStateValue(_ scope: StateScope, key: String) async throws {
        withCore { $0.deleteStateValue(scope, key: key) }
    }
    package func clearState(_ scope: StateScope) async throws { withCore { $0.clearState(scope) } }
}

extension InMemoryStore {
    package func addRequest(_ request: SchedulerRequest, at instant: Timestamp) async throws -> Int {
        withCore { core in
            core.lastRequest += 1
            core.requests[core.lastRequest] = request
            return core.lastRequest
        }
    }
    package func requests(after number: Int) async throws -> [StoredRequest] {
        withCore { core in
            core.requests.filter { $0.key > number }.sorted { $0.key < $1.key }
                .map { StoredRequest(number: $0.key, request: $0.value) }
        }
    }
}

extension InMemoryStore {
    package func schemaVersion() async throws -> (found: Int, needed: Int) { (1, 1) }
    package func migrate() async throws {}
    package func reset() async throws { withCore { $0.reset() } }
    package func takeLeadership(holder: String, at instant: Timestamp) async throws -> Int64 {
        withCore { $0.takeLeadership(holder: holder, at: instant) }
    }
    package func claimLease(holder: String, lasting: Duration, at instant: Timestamp) async throws -> Int64? {
        withCore { $0.claimLease(holder: holder, lasting: lasting, at: instant) }
    }
    package func renewLease(epoch: Int64, at instant: Timestamp) async throws -> Bool {
        withCore { $0.renewLease(epoch: epoch, at: instant) }
    }
    package func releaseLease(epoch: Int64) async throws { withCore { $0.releaseLease(epoch: epoch) } }
    package func lease(at instant: Timestamp) async throws -> SchedulerLease? { withCore { $0.lease(at: instant) } }
    package func currentEpoch() async throws -> Int64 { withCore { $0.epoch } }
    package func close() async {}
}
