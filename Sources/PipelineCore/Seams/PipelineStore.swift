/// The metadata store: the truth about runs, tasks and everything users set. Three drivers (memory, SQLite,
/// PostgreSQL) pass one conformance suite.
package typealias PipelineStore = RunStore & XComStore & SettingsStore & DAGStore & AssetStore & StateStore
    & TrackingStore & LeaseStore & RequestStore & HITLStore & CallbackStore & BackfillStore & RetentionStore
    & StoreMaintenance

/// DAG runs and task instances.
package protocol RunStore: Sendable {
    /// Makes all changes durable in one transaction, or none. `epoch` is the writer's fencing epoch; a lower epoch than
    /// the store's is refused with ``StoreError/Code/staleEpoch``. Repeating a commit is harmless. A task of a run that
    /// is not in the store is refused with ``StoreError/Code/notFound``.
    func commit(_ changes: [StoreChange], epoch: Int64) async throws
    func run(_ key: RunKey) async throws -> DAGRun?
    /// Newest first by `run_after`, then run id.
    func runs(_ filter: RunFilter) async throws -> [DAGRun]
    func countRuns(_ filter: RunFilter) async throws -> Int
    /// The run before `logicalDate` of the DAG by logical date, restricted to `states` unless empty.
    func previousRun(dagID: String, before logicalDate: Timestamp, states: [RunState]) async throws -> DAGRun?
    /// The last run by logical date of each DAG that a schedule or a backfill made.
    func lastAutomatedRuns() async throws -> [DAGRun]
    /// The last run of each DAG that a schedule or a backfill made for a partition: by the partition's date, then by
    /// `run_after`; one without a date is before all others.
    func lastPartitionedRuns() async throws -> [DAGRun]
    func taskInstances(_ filter: TaskFilter) async throws -> [TaskInstance]
    func taskInstance(id: UUID7) async throws -> TaskInstance?
    /// Earlier tries of an instance, oldest first.
    func history(_ key: TaskInstanceKey) async throws -> [TaskInstance]
    /// Removes a finished run with its tasks, history, XComs; `false` when there is none.
    /// - Throws: ``StoreError`` `conflict` when the run is not finished.
    func deleteRun(_ key: RunKey) async throws -> Bool
    func reschedules(tryID: UUID7) async throws -> [TaskReschedule]
    func setRenderedFields(_ fields: JSONObject, of key: TaskInstanceKey) async throws
    func renderedFields(of key: TaskInstanceKey) async throws -> JSONObject?
    /// - Throws: ``StoreError`` `notFound` when there is no such run.
    func setNote(_ note: String?, run: RunKey) async throws
}

/// Which runs; all conditions hold together, an empty one is no condition.
package struct RunFilter: Sendable, Hashable {
    package var dagID: String?
    package var runIDs: [String] = []
    package var states: [RunState] = []
    package var types: [RunType] = []
    package var logicalDates: [Timestamp] = []
    package var logicalDateFrom: Timestamp?
    package var logicalDateTo: Timestamp?
    package var limit: Int?
    package var offset = 0

    package init() {}

    package init(dagID: String?, states: [RunState] = [], limit: Int? = nil) {
        self.dagID = dagID
        self.states = states
        self.limit = limit
    }
}

/// Which task instances; ordered by dag, run, task, map index.
package struct TaskFilter: Sendable, Hashable {
    package var run: RunKey?
    package var dagID: String?
    package var runIDs: [String] = []
    package var logicalDates: [Timestamp] = []
    package var taskIDs: [String] = []
    package var mapIndex: Int?
    package var states: [TaskState] = []

    package init() {}

    package init(run: RunKey, taskIDs: [String] = [], mapIndex: Int? = nil) {
        self.run = run
        self.taskIDs = taskIDs
        self.mapIndex = mapIndex
    }
}

/// Values that tasks leave for each other.
package protocol XComStore: Sendable {
    /// Bytes of JSON that one XCom may have.
    static var maximumXComBytes: Int { get }
    /// - Throws: ``StoreError`` `tooLarge` with size and bound.
    func setXCom(_ xcom: XCom) async throws
    func xcom(_ task: TaskInstanceKey, key: String) async throws -> XCom?
    /// By task id, map index and key; `key` and `taskIDs` restrict.
    func xcoms(run: RunKey, taskIDs: [String]?, key: String?) async throws -> [XCom]
    /// The newest value of the task and key in runs up to this one by logical date (`include_prior_dates`); a run
    /// without one counts by `run_after`.
    func latestXCom(_ task: TaskInstanceKey, key: String) async throws -> XCom?
    func deleteXCom(_ task: TaskInstanceKey, key: String) async throws
}

/// Variables, connections, pools.
package protocol SettingsStore: Sendable {
    func variables() async throws -> [Variable]
    func variable(_ key: String) async throws -> Variable?
    func setVariable(_ variable: Variable) async throws
    func deleteVariable(_ key: String) async throws -> Bool
    func connections() async throws -> [Connection]
    func connection(_ id: String) async throws -> Connection?
    func setConnection(_ connection: Connection) async throws
    func deleteConnection(_ id: String) async throws -> Bool
    /// Always holds `default_pool`.
    func pools() async throws -> [Pool]
    func setPool(_ pool: Pool) async throws
    func deletePool(_ name: String) async throws -> Bool
}

/// DAGs, their versions, and what reading files gave.
package protocol DAGStore: Sendable {
    func dagRecords() async throws -> [DAGRecord]
    /// Ids of the DAGs that are paused, in order.
    func pausedDAGs() async throws -> [String]
    func dagRecord(_ dagID: String) async throws -> DAGRecord?
    /// Inserts or updates all but `isPaused`, which keeps its stored value where the DAG is known.
    func saveDAGRecords(_ records: [DAGRecord]) async throws
    func setPaused(_ isPaused: Bool, dagID: String) async throws -> Bool
    func dagVersion(id: UUID7) async throws -> DAGVersion?
    /// Without its document, which may be large.
    func latestDAGVersion(dagID: String) async throws -> DAGVersion?
    /// Newest first, without documents.
    func dagVersions(dagID: String) async throws -> [DAGVersion]
    /// Adds a version (its number must be one above the latest, else `conflict`); adding the same one again is harmless.
    func addDAGVersion(_ version: DAGVersion) async throws
    /// The latest version of every DAG, without documents.
    func latestDAGVersions() async throws -> [DAGVersion]
    /// Adds versions of several DAGs.
    func addDAGVersions(_ versions: [DAGVersion]) async throws
    func importErrors() async throws -> [ImportError]
    func replaceImportErrors(_ errors: [ImportError]) async throws
    /// Results of reading files, by an opaque key made from content and SDK version; bounded by the driver.
    func parsedFile(key: String) async throws -> [UInt8]?
    func parsedFiles(keys: [String]) async throws -> [String: [UInt8]]
    func setParsedFiles(_ files: [String: [UInt8]]) async throws
}

/// Assets and their events.
package protocol AssetStore: Sendable {
    func assets() async throws -> [AssetRecord]
    func asset(name: String) async throws -> AssetRecord?
    func asset(uri: String) async throws -> AssetRecord?
    /// Makes exactly the given assets active (by name and uri); others stay, inactive.
    func replaceActiveAssets(_ assets: [AssetRecord]) async throws
    func assetEvents(name: String?, uri: String?, aliasName: String?) async throws -> [AssetEvent]
    /// Writes an event that no task has caused. It can be read at once; a scheduler registers it when it sees it.
    /// - Throws: ``StoreError`` `notFound` when there is no such asset.
    func createAssetEvent(
        _ asset: AssetKey, extra: JSONValue, partitionKey: String?, at instant: Timestamp
    ) async throws -> AssetEvent
    /// Events that no scheduler has registered yet, oldest first.
    func unregisteredAssetEvents() async throws -> [AssetEvent]
    /// The events that a run consumes, oldest first.
    func consumedAssetEvents(_ run: RunKey) async throws -> [AssetEvent]
    /// The assets that events through the alias went to, by name, then URI.
    func assets(ofAlias name: String) async throws -> [AssetRecord]
    func assetQueue() async throws -> AssetQueue
    /// Partitions that wait for events. Arrivals and questions name their events by number.
    func partitionQueue() async throws -> PartitionQueue
}

/// A row of `asset`.
package struct AssetRecord: Sendable, Hashable {
    package var name: String
    package var uri: String
    package var group: String
    package var extra: JSONValue
    package var isActive: Bool

    package init(name: String, uri: String, group: String, extra: JSONValue, isActive: Bool = true) {
        self.name = name
        self.uri = uri
        self.group = group
        self.extra = extra
        self.isActive = isActive
    }
}

/// A row of `asset_event`.
package struct AssetEvent: Sendable, Hashable {
    package var id: Int
    package var name: String
    package var uri: String
    package var extra: JSONValue
    package var aliasNames: [String]
    package var source: TaskInstanceKey?
    package var timestamp: Timestamp
    package var partitionKey: String?

    package init(
        id: Int, name: String, uri: String, extra: JSONValue, aliasNames: [String], source: TaskInstanceKey?,
        timestamp: Timestamp, partitionKey: String? = nil
    ) {
        self.id = id
        self.name = name
        self.uri = uri
        self.extra = extra
        self.aliasNames = aliasNames
        self.source = source
        self.timestamp = timestamp
        self.partitionKey = partitionKey
    }
}

/// Airflow 3.3's task and asset state stores: small values that outlive a try.
package protocol StateStore: Sendable {
    func stateValue(_ scope: StateScope, key: String) async throws -> JSONValue?
    /// - Throws: ``StoreError`` `notFound` when the run or the asset is unknown.
    func setStateValue(_ value: JSONValue, _ scope: StateScope, key: String) async throws
    func deleteStateValue(_ scope: StateScope, key: String) async throws
    func clearState(_ scope: StateScope) async throws
}

package enum StateScope: Sendable, Hashable {
    case task(TaskInstanceKey)
    case assetName(String)
    case assetURI(String)
}

/// The store as a whole.
package protocol StoreMaintenance: Sendable {
    /// Where the store is, without secrets.
    var location: String { get }
    /// Version of the schema found, 0 for an empty store; and the one this binary needs.
    func schemaVersion() async throws -> (found: Int, needed: Int)
    /// Brings the schema up to date; refuses a newer one.
    func migrate() async throws
    /// Drops everything and migrates anew; the epoch goes on counting, so that earlier writers are stale.
    func reset() async throws
    /// Becomes the writer: raises the epoch and returns it.
    func takeLeadership(holder: String, at instant: Timestamp) async throws -> Int64
    /// The epoch in force, 0 before anybody led: for a writer that only writes runs of its own and fences nobody out.
    func currentEpoch() async throws -> Int64
    func close() async
}
