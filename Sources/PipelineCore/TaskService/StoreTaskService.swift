/// The task service over a store: what tasks ask for is read and written there at once, what concerns the scheduler
/// goes to its inbox.
package struct StoreTaskService: TaskService {
    let store: any PipelineStore
    let inbox: any SchedulerInbox
    let runs: RunFactory
    let loader: RunSnapshotLoader
    let dags: any DAGProvider
    let secrets: EnvironmentSecrets
    let wallClock: any WallClock
    let epoch: Int64

    /// - Parameter epoch: the fencing epoch of the scheduler behind `inbox`.
    package init(
        store: any PipelineStore, inbox: any SchedulerInbox, dags: any DAGProvider, secrets: EnvironmentSecrets,
        wallClock: any WallClock, epoch: Int64
    ) {
        self.store = store
        self.inbox = inbox
        self.dags = dags
        self.secrets = secrets
        self.wallClock = wallClock
        self.epoch = epoch
        runs = RunFactory(store: store, dags: dags, wallClock: wallClock)
        loader = RunSnapshotLoader(store: store)
    }

    package func started(_ id: LaunchID, _ process: StartedProcess) async { inbox.post(.taskStarted(id, process)) }

    package func waits(_ id: LaunchID, reason: String?) async { inbox.post(.taskWaits(id, reason: reason)) }

    package func ended(_ id: LaunchID, _ outcome: TaskOutcome) async { inbox.post(.taskEnded(id, outcome)) }

    package func lost(_ id: LaunchID, reason: String) async { inbox.post(.taskLost(id, reason: reason)) }

    package func stopped(_ id: LaunchID, reason: String) async { inbox.post(.taskStopped(id, reason: reason)) }

    package func launchFailed(_ id: LaunchID, reason: String) async {
        inbox.post(.launchFailed(id, reason: reason))
    }

    package func setRenderedFields(_ fields: JSONObject, of key: TaskInstanceKey) async throws {
        try await store.setRenderedFields(fields, of: key)
    }

    package func setRenderedMapIndex(_ text: String, _ id: LaunchID) async throws {
        inbox.post(.mapIndexRendered(id, text))
    }

    package func skipDownstream(_ id: LaunchID, _ targets: [SkipTarget]) async throws {
        inbox.post(.downstreamSkipped(by: id, targets))
    }

    package func firstRescheduleDate(tryID: UUID7) async throws -> Timestamp? {
        try await store.reschedules(tryID: tryID).map(\.startDate).min()
    }

    package func dag(_ dagID: String) async throws -> DAGRecord? { try await store.dagRecord(dagID) }
}
