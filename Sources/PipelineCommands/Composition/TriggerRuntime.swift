import LocalExecutor
import PipelineCore
import PythonHost

/// What lets tasks of this process wait: triggers, and questions to people.
struct TriggerRuntime: Sendable {
    let host: PythonTriggerHost
    let triggers: TriggerService
    let inputs: InputWatch
    let watchers: WatcherService

    /// - Parameter note: told what whoever watches the process should know.
    init(
        _ workspace: Workspace, _ library: DAGLibrary, _ python: PythonHost, _ service: StoreTaskService,
        _ inbox: any SchedulerInbox, logs: FileTaskLogStore, note: @escaping @Sendable (String) -> Void
    ) {
        let store = workspace.store
        var settings = PythonTriggerHost.Settings()
        settings.capacity = workspace.configuration.number(.triggererCapacity)
        host = PythonTriggerHost(
            python: python, place: (DAGLibrary.bundleName, workspace.configuration[.dagsFolder]), service: service,
            facts: StorePythonTaskFacts(store: store) { try await library.latest(dagID: $0)?.dag }, logs: logs,
            settings: settings, wallClock: SystemWallClock(), clock: ContinuousClock(),
            context: { try await library.triggerContext(of: $0) }, note: note)
        triggers = TriggerService(host: host, inbox: inbox, service: service, wallClock: SystemWallClock())
        let configuration = workspace.configuration
        watchers = WatcherService(
            host: host, store: store, wallClock: SystemWallClock(), clock: ContinuousClock(),
            nudge: { Nudge.send(configuration) }, note: note)
        inputs = InputWatch(store: store, inbox: inbox, wallClock: SystemWallClock(), clock: ContinuousClock())
    }

    var observers: [any SchedulerObserver] { [triggers, inputs] }

    func stop() async {
        inputs.shutdown()
        watchers.shutdown()
        await triggers.shutdown()
    }
}

extension DAGLibrary {
    /// What the templates of a task that begins in its trigger are rendered with; `nil` for any other task.
    func triggerContext(of instance: TaskInstance) async throws -> TriggerContext? {
        guard let versionID = instance.dagVersionID, let pinned = try await version(versionID),
            pinned.dag[instance.taskID]?.startInTrigger != nil, let run = try await store.run(instance.key.run),
            let version = try await store.dagVersion(id: versionID)
        else { return nil }
        var document = try JSONValue.parse(utf8: version.document).objectValue ?? [:]
        document["pipeline"] = nil
        return TriggerContext(dag: .object(document), run: run)
    }
}
