import Jinja
import PipelineCore

/// `TriggerDagRunOperator`, waiting included. Source: apache-airflow-providers-standard `operators/trigger_dagrun.py`,
/// Airflow 3.3 `sdk/execution_time/task_runner.py` (`_handle_trigger_dag_run`).
struct TriggerDagRunOperation: NativeOperation {
    static let operatorClass = "airflow.providers.standard.operators.trigger_dagrun.TriggerDagRunOperator"
    static let templateFields = [
        "trigger_dag_id", "trigger_run_id", "logical_date", "conf", "wait_for_completion", "skip_when_already_exists",
    ]
    static let xcomKeys = [runIDKey, linkKey]
    private static let runIDKey = "trigger_run_id"
    private static let linkKey = "_link_TriggerDagRunLink"

    private let attributes: NativeAttributes
    private let dagID: String
    private let waits: Bool
    private let skipsExisting: Bool
    private let allowedStates: [String]
    private let failedStates: [String]
    private let pokeInterval: Double

    init(_ attributes: NativeAttributes) throws {
        self.attributes = attributes
        dagID = try attributes.requiredString("trigger_dag_id")
        waits = Self.isTrue(attributes["wait_for_completion"])
        skipsExisting = Self.isTrue(attributes["skip_when_already_exists"])
        let allowed = attributes.strings("allowed_states") ?? []
        allowedStates = allowed.isEmpty ? ["success"] : allowed
        failedStates = attributes.strings("failed_states") ?? ["failed"]
        pokeInterval = attributes.seconds("poke_interval") ?? 60
    }

    static func pythonReason(_ attributes: NativeAttributes, _ launch: TaskLaunch) -> String? {
        if attributes.bool("deferrable", default: false) { return "it is deferrable" }
        if attributes.bool("reset_dag_run", default: false) { return "it resets runs (reset_dag_run)" }
        if attributes.bool("fail_when_dag_is_paused", default: false) { return "it asks whether a DAG is paused" }
        for name in ["logical_date", "run_after"] {
            guard let value = attributes.values[name], !value.isNull else { continue }
            // Only the logical date is a template field.
            if name == "logical_date", let text = value.stringValue, !Template.isPlain(text) { continue }
            guard let text = value.stringValue, isUTC(text) else {
                return "its \(name) is in a form, or a zone, that only Python knows"
            }
        }
        return nil
    }

    /// Run ids show the zone in which a date was written.
    private static func isUTC(_ text: String) -> Bool {
        guard Timestamp(iso8601: text) != nil else { return false }
        guard text.count > 10 else { return true }
        let time = text.dropFirst(11)
        guard let sign = time.firstIndex(where: { $0 == "+" || $0 == "-" }) else { return true }
        return time[sign...].allSatisfy { "+-:0".contains($0) }
    }

    /// Python's truth of a value: a rendered `False` is a text, and so true.
    private static func isTrue(_ value: JSONValue) -> Bool {
        switch value {
        case .null: false
        case .bool(let flag): flag
        case .int(let number): number != 0
        case .double(let number): number != 0
        case .string(let text): !text.isEmpty
        case .array(let elements): !elements.isEmpty
        case .object(let members): !members.isEmpty
        }
    }

    func links(_ context: NativeContext) async throws -> [(key: String, url: String)] {
        let runID = try await context.service.xcom(context.key, key: Self.runIDKey, includePriorDates: false)
        return [(Self.linkKey, AirflowURL.run(dagID, runID?.stringValue, context.setup))]
    }

    func execute(_ context: NativeContext) async throws -> NativeResult {
        await context.started(nil)
        let request = try request(context)
        let runID = request.runID ?? ""
        try await context.pushXCom(Self.linkKey, .string(AirflowURL.run(dagID, runID, context.setup)))
        context.beginPostExecute()
        context.log.write("Triggering Dag Run.", extra: ["trigger_dag_id": .string(dagID)])
        do {
            try await context.service.triggerRun(request)
        } catch let error as TaskServiceError where error.code == .conflict {
            return alreadyExists(context)
        } catch let error as TaskServiceError {
            throw Self.refusal(error, dagID)
        }
        context.log.write("Dag Run triggered successfully.", extra: ["trigger_dag_id": .string(dagID)])
        try await context.pushXCom(Self.runIDKey, .string(runID))
        return waits ? try await wait(RunKey(dagID: dagID, runID: runID), context) : .success
    }

    private func request(_ context: NativeContext) throws -> TriggerRequest {
        let now = context.setup.wallClock.now()
        let runAfter = Self.date(attributes.values["run_after"])
        let logicalDate: Timestamp? =
            switch Self.date(attributes.values["logical_date"]) {
            case .some(let given): given
            case nil: runAfter == nil ? now : nil
            }
        var request = TriggerRequest(dagID: dagID, type: .operatorTriggered, triggeredBy: .operator)
        request.conf = try conf()
        request.logicalDate = .some(logicalDate)
        request.runAfter = runAfter ?? nil
        request.note = attributes.string("note").flatMap { $0.isEmpty ? nil : $0 }
        let given = attributes["trigger_run_id"]
        request.runID =
            Self.isTrue(given)
            ? given.stringValue ?? given.pythonText
            : Self.runID(logicalDate: logicalDate, runAfter: (runAfter ?? logicalDate) ?? now)
        return request
    }

    /// `nil` where no argument was given, `.some(nil)` for None.
    private static func date(_ value: JSONValue?) -> Timestamp?? {
        guard let value else { return nil }
        return .some(value.stringValue.flatMap { Timestamp(iso8601: $0) })
    }

    /// Source: Airflow 3.3 `models/dagrun.py` (`generate_run_id`).
    private static func runID(logicalDate: Timestamp?, runAfter: Timestamp) -> String {
        let runID = RunType.manual.runID(runAfter: runAfter)
        guard logicalDate == nil else { return runID }
        let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        return runID + "_" + String((0..<8).map { _ in letters[Int.random(in: letters.indices)] })
    }

    /// A dictionary, or one as JSON text.
    private func conf() throws -> JSONObject {
        let value = attributes["conf"]
        if !Self.isTrue(value) { return [:] }
        let parsed = value.stringValue.map { try? JSONValue.parse($0) } ?? value
        guard let object = parsed?.objectValue else {
            throw NativeFailure(
                .failure, "conf parameter should be JSON Serializable: \(value.stringValue ?? value.pythonText)",
                exception: "ValueError")
        }
        return object
    }

    private func alreadyExists(_ context: NativeContext) -> NativeResult {
        let dag: JSONObject = ["dag_id": .string(dagID)]
        guard skipsExisting else {
            let text = "Dag Run already exists, marking task as failed."
            context.log.write(text, level: .error, extra: dag)
            return NativeResult(ending: .failed(reason: text, mayRetry: false))
        }
        context.log.write(
            "Dag Run already exists, skipping task as skip_when_already_exists is set to True.", extra: dag)
        return NativeResult(ending: .skipped)
    }

    private static func refusal(_ error: TaskServiceError, _ dagID: String) -> NativeFailure {
        let message = error.code == .notFound ? "Dag with dag_id: '\(dagID)' not found" : error.message
        let detail: JSONValue = [
            "status_code": .int(error.code.rawValue), "message": "Server returned error",
            "detail": ["detail": ["reason": .string(error.reason), "message": .string(message)]],
        ]
        var failure = NativeFailure(
            .failure, "API_SERVER_ERROR: \(detail.pythonText)", exception: "AirflowRuntimeError")
        // The operator asks for the run by an exception, and the runner handles that.
        failure.context = "DagRunTriggerException"
        return failure
    }

    private func wait(_ key: RunKey, _ context: NativeContext) async throws -> NativeResult {
        while true {
            context.log.write(
                "Waiting for dag run to complete execution in allowed state.",
                extra: [
                    "dag_id": .string(dagID), "run_id": .string(key.runID),
                    "allowed_state": .array(allowedStates.map(JSONValue.string)),
                ])
            try await context.setup.clock.sleep(for: Duration(fractionalSeconds: pokeInterval))
            guard let state = try await context.service.run(key)?.state.rawValue else {
                throw Self.refusal(
                    TaskServiceError(
                        .invalid, reason: "not_found",
                        "The DagRun with dag_id: `\(key.dagID)` and run_id: `\(key.runID)` was not found"), dagID)
            }
            let fields: JSONObject = ["dag_id": .string(dagID), "state": .string(state)]
            if failedStates.contains(state) {
                context.log.write("DagRun finished with failed state.", level: .error, extra: fields)
                return NativeResult(
                    ending: .failed(reason: "\(dagID) failed with failed state \(state)", mayRetry: true))
            }
            if allowedStates.contains(state) {
                context.log.write("DagRun finished with allowed state.", extra: fields)
                return .success
            }
        }
    }
}
