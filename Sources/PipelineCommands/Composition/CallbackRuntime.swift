import HTTPTransport
import LocalExecutor
import Notifications
import PipelineCore
import PythonHost

/// What runs callbacks, e-mails and notifications of this process.
struct CallbackRuntime: Sendable {
    let service: CallbackService
    let deadlines: DeadlineEvaluator
    /// Who is told of runs.
    let rules: [NotificationRule]

    /// - Parameters:
    ///   - isInForce: nothing is begun when somebody else may lead.
    ///   - note: told what whoever watches the process should know.
    init(
        _ workspace: Workspace, _ library: DAGLibrary, _ python: PythonHost, _ tasks: StoreTaskService,
        triggers: any TriggerHost, logs: FileTaskLogStore, epoch: Int64, isInForce: @escaping @Sendable () -> Bool,
        note: @escaping @Sendable (String) -> Void
    ) throws {
        let (store, configuration, wallClock) = (workspace.store, workspace.configuration, SystemWallClock())
        let targets = try configuration.notifications()
        rules = targets.map(\.rule)
        var settings = PythonCallbackRunner.Settings()
        settings.timeLimit = .seconds(configuration.number(.callbackTimeoutSeconds))
        let facts = StorePythonTaskFacts(store: store) { try await library.latest(dagID: $0)?.dag }
        let runner = PythonCallbackRunner(
            host: python, triggers: triggers, service: tasks, facts: facts, logs: logs, settings: settings,
            wallClock: wallClock, clock: ContinuousClock()
        ) { try await library.subject(of: $0, facts: facts) }
        let webhooks = try targets.isEmpty ? nil : WebhookSender(targets, client: CurlHTTPClient())
        var serving = CallbackService.Settings()
        serving.grace = .seconds(configuration.number(.killGraceSeconds))
        service = CallbackService(
            runner: CallbackDispatch(python: runner, webhooks: webhooks, isInForce: isInForce), store: store,
            epoch: epoch, settings: serving, wallClock: wallClock, clock: ContinuousClock(), note: note)
        deadlines = DeadlineEvaluator(
            store: store, secrets: EnvironmentSecrets(ProcessEnvironment.all), rules: rules, wallClock: wallClock,
            custom: { try await library.deadlineReference(of: $0, $1, path: $2, data: $3) }, note: note)
    }
}

/// Author code goes to Python, messages go out.
private struct CallbackDispatch: CallbackRunner {
    let python: PythonCallbackRunner
    let webhooks: WebhookSender?
    let isInForce: @Sendable () -> Bool

    func run(_ request: CallbackRequest) async -> CallbackEnd {
        guard isInForce() else { return .interrupted }
        guard case .webhook = request.work else { return await python.run(request) }
        guard let webhooks else { return .failed(reason: "the settings no longer say where it was to go") }
        return await webhooks.run(request)
    }
}

extension DAGLibrary {
    /// What the callback of a run is about, in the version that the run is pinned to.
    /// - Throws: ``CommandFailure`` where the run or its DAG has gone, or the DAG is not in Python.
    func subject(of key: RunKey, facts: some PythonTaskFacts) async throws -> PythonCallbackRunner.Subject {
        guard let run = try await store.run(key) else { throw CommandFailure("run \(key) has gone") }
        let pinned: PinnedDAG?
        if let id = run.dagVersionID { pinned = try await version(id) } else { pinned = try await latest(dagID: key.dagID) }
        guard let pinned else { throw CommandFailure("DAG '\(key.dagID)' has gone") }
        let file = pinned.dag.header.relativeFileLocation
        guard file.hasSuffix(".py") || file.hasSuffix(".zip") || file.contains(".zip/") else {
            throw CommandFailure(
                "e-mails and callbacks need a DAG in Python, which \(file) is not; the setting 'notifications' does not")
        }
        let bundle = PythonBundle(
            name: Self.bundleName, version: nil, path: bundlePath, file: file, contentHash: nil)
        return PythonCallbackRunner.Subject(
            run: run, dag: pinned.dag, bundle: bundle, consumed: try await facts.consumedAssetEvents(of: key))
    }

    /// When the reference of an author's class is for a run.
    func deadlineReference(
        of run: DAGRun, _ dag: DAG, path: String, data: JSONObject
    ) async throws -> Timestamp? {
        let request = ReadRequest(
            file: bundlePath + "/" + dag.header.relativeFileLocation, bundlePath: bundlePath,
            bundleName: Self.bundleName, safeMode: false)
        let payload: JSONObject = [
            "function": "deadline_reference", "dag_id": .string(dag.id), "run_id": .string(run.key.runID),
            "reference": .object(data),
        ]
        return try await python.call(request, payload: payload).doubleValue.map { Timestamp(seconds: $0) }
    }
}
