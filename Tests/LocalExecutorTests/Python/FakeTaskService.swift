import LocalExecutor
import PipelineCore
import Synchronization

/// A task service in memory that remembers what was asked of it.
final class FakeTaskService: TaskService {
    struct State {
        var started: [StartedProcess] = []
        var xcoms: [String: JSONValue] = [:]
        var variables = ["plain_value": "plain text", "api_key": "very-secret-key"]
        var connections: [Connection] = []
        var rendered: [JSONObject] = []
        var skipped: [SkipTarget] = []
        var triggers: [TriggerRequest] = []
        var questions: [UUID7: HITLDetail] = [:]
        var cleared: [RunKey] = []
        var existingRuns: Set<String> = []
        var knownDAGs: Set<String>?
        var firstReschedule: Timestamp?
        /// The states that one run shows, one after the other; the last one stays.
        var runStates: [RunState] = []
        var runs: [DAGRun] = []
        var reports: [TrackingReport] = []
        /// What the next calls of `track` throw, one each.
        var trackingErrors: [StoreError] = []
        var mapIndexes: [String] = []
        var instances: [TaskInstance] = []
        var ended: [LaunchID: [RunnerEnd]] = [:]
        var stopped: [LaunchID] = []
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    let state = Mutex(State())

    static func name(_ task: TaskInstanceKey, _ key: String) -> String { "\(task.taskID)/\(key)" }

    func started(_ id: LaunchID, _ process: StartedProcess) async { state.withLock { $0.started.append(process) } }
    func waits(_ id: LaunchID, reason: String?) async {}
    func ended(_ id: LaunchID, _ outcome: TaskOutcome) async { note(id, .outcome(outcome)) }
    func lost(_ id: LaunchID, reason: String) async { note(id, .lost(reason: reason)) }
    func stopped(_ id: LaunchID, reason: String) async { state.withLock { $0.stopped.append(id) } }
    func launchFailed(_ id: LaunchID, reason: String) async { note(id, .notStarted(reason: reason)) }

    private func note(_ id: LaunchID, _ end: RunnerEnd) {
        let waiters = state.withLock { state in
            state.ended[id, default: []].append(end)
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns once `count` launches have been reported as over.
    func waitForEnds(_ count: Int) async {
        while state.withLock({ $0.ended.count < count }) {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.ended.count < count { state.waiters.append(continuation) }
                    return state.ended.count >= count
                }
                if isThere { continuation.resume() }
            }
        }
    }
    func track(_ reports: [TrackingReport], of task: TaskInstanceKey, tryNumber: Int) async throws {
        try state.withLock { state in
            if !state.trackingErrors.isEmpty { throw state.trackingErrors.removeFirst() }
            state.reports += reports
        }
    }
    func setRenderedFields(_ fields: JSONObject, of key: TaskInstanceKey) async throws {
        state.withLock { $0.rendered.append(fields) }
    }
    func setRenderedMapIndex(_ text: String, _ id: LaunchID) async throws {
        state.withLock { $0.mapIndexes.append(text) }
    }
    func skipDownstream(_ id: LaunchID, _ targets: [SkipTarget]) async throws {
        state.withLock { $0.skipped += targets }
    }
    func firstRescheduleDate(tryID: UUID7) async throws -> Timestamp? { state.withLock { $0.firstReschedule } }
    func inactiveAssets(of task: TaskDefinition) async throws -> [JSONValue] { [] }

    func setXCom(_ xcom: XCom) async throws {
        guard xcom.value.serializedUTF8().count < 4 << 20 else {
            throw TaskServiceError(.tooLarge, reason: "too_large", "the XCom is too large")
        }
        state.withLock { $0.xcoms[Self.name(xcom.task, xcom.key)] = xcom.value }
    }
    func xcom(_ task: TaskInstanceKey, key: String, includePriorDates: Bool) async throws -> JSONValue? {
        state.withLock { $0.xcoms[Self.name(task, key)] }
    }
    func xcomCount(run: RunKey, taskID: String, key: String) async throws -> Int { 0 }
    func xcomItem(run: RunKey, taskID: String, key: String, offset: Int) async throws -> JSONValue? { nil }
    func xcomSlice(
        run: RunKey, taskID: String, key: String, start: Int?, stop: Int?, step: Int?, includePriorDates: Bool
    ) async throws -> [JSONValue] {
        state.withLock { $0.xcoms["\(taskID)/\(key)"].map { [$0] } ?? [] }
    }
    func deleteXCom(_ task: TaskInstanceKey, key: String) async throws {
        state.withLock { _ = $0.xcoms.removeValue(forKey: Self.name(task, key)) }
    }

    func variable(_ key: String) async throws -> String? { state.withLock { $0.variables[key] } }
    func setVariable(_ variable: Variable) async throws {
        state.withLock { $0.variables[variable.key] = variable.value }
    }
    func deleteVariable(_ key: String) async throws {}
    func variableKeys(prefix: String?) async throws -> [String] { state.withLock { $0.variables.keys.sorted() } }
    func connection(_ id: String) async throws -> Connection? {
        if let known = state.withLock({ $0.connections.first { $0.id == id } }) { return known }
        guard id == "db" else { return nil }
        var connection = Connection(id: id, type: "postgres")
        connection.password = "correct horse"
        connection.port = 5_432
        return connection
    }

    func run(_ key: RunKey) async throws -> DAGRun? {
        state.withLock { state in
            guard let runState = state.runStates.first else { return nil }
            if state.runStates.count > 1 { state.runStates.removeFirst() }
            var run = DAGRun(key: key, type: .manual, runAfter: Timestamp(seconds: 0), triggeredBy: .operator)
            run.state = runState
            return run
        }
    }
    func countRuns(_ filter: RunFilter) async throws -> Int {
        state.withLock { state in
            state.runs.count { run in
                run.key.dagID == filter.dagID && filter.states.contains(run.state)
                    && filter.logicalDates == run.logicalDate.map { [$0] }
            }
        }
    }
    func previousRun(dagID: String, before: Timestamp, states: [RunState]) async throws -> DAGRun? { nil }
    func askPerson(_ detail: HITLDetail) async throws { state.withLock { $0.questions[detail.tryID] = detail } }
    func hitlDetail(tryID: UUID7) async throws -> HITLDetail? { state.withLock { $0.questions[tryID] } }
    func respond(_ response: HITLResponse, tryID: UUID7) async throws -> HITLDetail {
        try state.withLock { state in
            guard var detail = state.questions[tryID] else {
                throw TaskServiceError(.notFound, reason: "not_found", "HITLDetail not found.")
            }
            detail.response = response
            state.questions[tryID] = detail
            return detail
        }
    }
    func triggerRun(_ request: TriggerRequest) async throws {
        try state.withLock { state in
            state.triggers.append(request)
            if let known = state.knownDAGs, !known.contains(request.dagID) {
                throw TaskServiceError(.notFound, reason: "not_found", "no such DAG")
            }
            if state.existingRuns.contains(request.runID ?? "") {
                throw TaskServiceError(.conflict, reason: "already_exists", "there is such a run")
            }
        }
    }
    func clearRun(_ key: RunKey) async throws { state.withLock { $0.cleared.append(key) } }
    func taskInstances(_ filter: TaskFilter) async throws -> [TaskInstance] {
        state.withLock { state in
            state.instances.filter { instance in
                filter.dagID == instance.key.run.dagID && filter.taskIDs.contains(instance.taskID)
                    && instance.state.map(filter.states.contains) == true
            }
        }
    }
    func dag(_ dagID: String) async throws -> DAGRecord? { nil }

    func asset(name: String) async throws -> AssetRecord? { nil }
    func asset(uri: String) async throws -> AssetRecord? { nil }
    func assetEvents(name: String?, uri: String?, aliasName: String?) async throws -> [AssetEvent] { [] }
    func stateValue(_ scope: StateScope, key: String) async throws -> JSONValue? { nil }
    func setStateValue(_ value: JSONValue, _ scope: StateScope, key: String) async throws {}
    func deleteStateValue(_ scope: StateScope, key: String) async throws {}
    func clearState(_ scope: StateScope) async throws {}
}

/// No facts at all.
struct NoFacts: PythonTaskFacts {
    var keys: [String] = []
    func xcomKeys(of task: TaskInstanceKey) async throws -> [String] { keys }
    func consumedAssetEvents(of run: RunKey) async throws -> [ConsumedAssetEvent] { [] }
    func assets(ofAlias name: String) async throws -> [AssetRecord] { [] }
    func taskIDs(inGroup group: String, dagID: String) async throws -> [String]? { nil }
}
