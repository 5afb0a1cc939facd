/// What a running task may ask for: Airflow's Task Execution API (AIP-72) without its transport. The Python supervisor
/// and the native operators call it directly; an HTTP face will stand in front of it for workers in pods.
/// Values are in the Task SDK's serde JSON. Source: Airflow 3.3 `api_fastapi/execution_api`.
package protocol TaskService: Sendable {
    // Progress of the launch itself.
    func started(_ id: LaunchID, _ process: StartedProcess) async
    /// Why a launch does not run yet, for people; `nil`: it waits for nothing any more.
    func waits(_ id: LaunchID, reason: String?) async
    func ended(_ id: LaunchID, _ outcome: TaskOutcome) async
    func lost(_ id: LaunchID, reason: String) async
    /// It was ended because `pipeline` was stopped: it is to be launched again, and no loss.
    func stopped(_ id: LaunchID, reason: String) async
    func launchFailed(_ id: LaunchID, reason: String) async
    func setRenderedFields(_ fields: JSONObject, of key: TaskInstanceKey) async throws
    func setRenderedMapIndex(_ text: String, _ id: LaunchID) async throws
    func skipDownstream(_ id: LaunchID, _ targets: [SkipTarget]) async throws
    func firstRescheduleDate(tryID: UUID7) async throws -> Timestamp?
    /// Assets of the task's inlets and outlets that are not active: `[{"name","uri"}]`.
    func inactiveAssets(of task: TaskDefinition) async throws -> [JSONValue]

    // XComs.
    func setXCom(_ xcom: XCom) async throws
    func xcom(_ task: TaskInstanceKey, key: String, includePriorDates: Bool) async throws -> JSONValue?
    func xcomCount(run: RunKey, taskID: String, key: String) async throws -> Int
    /// The value at `offset` among a mapped task's values in map-index order; negative counts from the end.
    func xcomItem(run: RunKey, taskID: String, key: String, offset: Int) async throws -> JSONValue?
    /// Python slice semantics over a mapped task's values in map-index order.
    func xcomSlice(
        run: RunKey, taskID: String, key: String, start: Int?, stop: Int?, step: Int?, includePriorDates: Bool
    ) async throws -> [JSONValue]
    func deleteXCom(_ task: TaskInstanceKey, key: String) async throws

    /// Keeps what a try reports of its work; reports may come twice.
    func track(_ reports: [TrackingReport], of task: TaskInstanceKey, tryNumber: Int) async throws

    // Variables and connections: environment (`AIRFLOW_VAR_*`, `AIRFLOW_CONN_*`) first, then the store.
    func variable(_ key: String) async throws -> String?
    func setVariable(_ variable: Variable) async throws
    func deleteVariable(_ key: String) async throws
    func variableKeys(prefix: String?) async throws -> [String]
    func connection(_ id: String) async throws -> Connection?

    // People.
    /// Puts the question of a try to people, in the place of an earlier one of the try.
    func askPerson(_ detail: HITLDetail) async throws
    func hitlDetail(tryID: UUID7) async throws -> HITLDetail?
    /// Records an answer in the name of nobody, as a trigger does whose time is over.
    /// - Throws: ``TaskServiceError`` `not_found`, `already_answered`.
    func respond(_ response: HITLResponse, tryID: UUID7) async throws -> HITLDetail

    // Runs and tasks.
    func run(_ key: RunKey) async throws -> DAGRun?
    func countRuns(_ filter: RunFilter) async throws -> Int
    func previousRun(dagID: String, before: Timestamp, states: [RunState]) async throws -> DAGRun?
    func triggerRun(_ request: TriggerRequest) async throws
    func clearRun(_ key: RunKey) async throws
    func taskInstances(_ filter: TaskFilter) async throws -> [TaskInstance]
    func dag(_ dagID: String) async throws -> DAGRecord?

    // Assets and state stores.
    func asset(name: String) async throws -> AssetRecord?
    func asset(uri: String) async throws -> AssetRecord?
    func assetEvents(name: String?, uri: String?, aliasName: String?) async throws -> [AssetEvent]
    func stateValue(_ scope: StateScope, key: String) async throws -> JSONValue?
    func setStateValue(_ value: JSONValue, _ scope: StateScope, key: String) async throws
    func deleteStateValue(_ scope: StateScope, key: String) async throws
    func clearState(_ scope: StateScope) async throws
}

/// A wish for a new run.
package struct TriggerRequest: Sendable, Hashable {
    package var dagID: String
    /// Generated from the type and `run_after` when `nil`.
    package var runID: String?
    package var type: RunType
    package var triggeredBy: RunTrigger
    /// `.some(nil)`: explicitly none; `nil`: now.
    package var logicalDate: Timestamp??
    package var runAfter: Timestamp?
    package var conf: JSONObject
    package var note: String?
    package var triggeringUser: String?

    package init(dagID: String, type: RunType, triggeredBy: RunTrigger) {
        self.dagID = dagID
        self.type = type
        self.triggeredBy = triggeredBy
        self.conf = JSONObject()
    }
}

/// Why a request of a task was refused; `code` is the Execution API's HTTP status.
package struct TaskServiceError: Error, Hashable, CustomStringConvertible {
    package enum Code: Int, Sendable, Hashable {
        case notFound = 404, conflict = 409, gone = 410, invalid = 422, tooLarge = 413, unavailable = 503
    }

    package var code: Code
    /// Airflow's `reason`, e.g. `not_found`, `dag_run_already_exists`.
    package var reason: String
    package var message: String

    package init(_ code: Code, reason: String, _ message: String) {
        self.code = code
        self.reason = reason
        self.message = message
    }

    package var description: String { "\(reason): \(message)" }
}
