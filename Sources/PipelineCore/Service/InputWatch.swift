import Synchronization

/// Watches over tasks that wait for a person: an answer that somebody has stored, from whatever process, resumes its
/// task; when the time to answer is over, the defaults are the answer, and without defaults the task fails.
///
/// Which answer counts is decided by the store, which takes one only: an answer that came just before the end of the time
/// is found there instead of the defaults. Nothing is looked at while nobody is waited for.
/// Source: Airflow 3.3 `jobs/scheduler_job_runner.py` (`check_awaiting_input_timeouts`).
package final class InputWatch: SchedulerObserver {
    private struct Waiting {
        var launch: LaunchID
        var timeout: Timestamp?
    }

    private struct State {
        var waiting: [UUID7: Waiting] = [:]
        var looking: Task<Void, Never>?
        var isStopped = false
    }

    /// How long an answer may go unnoticed.
    package static let interval = Duration.seconds(1)

    private let store: any HITLStore
    private let inbox: any SchedulerInbox
    private let wallClock: any WallClock
    private let clock: any Clock<Duration>
    private let state = Mutex(State())

    package init(
        store: any HITLStore, inbox: any SchedulerInbox, wallClock: any WallClock, clock: any Clock<Duration>
    ) {
        self.store = store
        self.inbox = inbox
        self.wallClock = wallClock
        self.clock = clock
    }

    package func committed(_ changes: [StoreChange], at instant: Timestamp) {
        for change in changes {
            switch change {
            case .saveTask(let instance): follow(instance)
            case .archiveTask(let instance): state.withLock { $0.waiting[instance.id] = nil }
            default: break
            }
        }
    }

    package func loaded(_ instances: [TaskInstance]) {
        for instance in instances { follow(instance) }
    }

    package func shutdown() {
        state.withLock { state in
            state.isStopped = true
            state.looking?.cancel()
        }
    }

    private func follow(_ instance: TaskInstance) {
        state.withLock { state in
            guard instance.state == .awaitingInput else { return state.waiting[instance.id] = nil }
            state.waiting[instance.id] = Waiting(
                launch: LaunchID(tryID: instance.id, number: instance.launchNumber), timeout: instance.triggerTimeout)
            guard state.looking == nil, !state.isStopped else { return }
            // Lives as long as somebody is waited for, not as long as the turn in which that began.
            state.looking = Task { await self.watch() }
        }
    }

    private func watch() async {
        while isNeeded {
            // A store that does not answer is asked again: the scheduler itself finds out whether it is lost.
            try? await look()
            guard (try? await clock.sleep(for: Self.interval)) != nil else { return }
        }
    }

    /// Whether the loop goes on; a loop that does not is forgotten in the same breath.
    private var isNeeded: Bool {
        state.withLock { state in
            if state.waiting.isEmpty { state.looking = nil }
            return !state.waiting.isEmpty && !state.isStopped
        }
    }

    /// Looks once: at the answers, then at the time.
    /// - Throws: ``StoreError``.
    package func look() async throws {
        let waiting = state.withLock { $0.waiting }
        guard !waiting.isEmpty else { return }
        var filter = HITLFilter()
        filter.tryIDs = waiting.keys.sorted()
        filter.isAnswered = true
        for detail in try await store.hitlDetails(filter) {
            guard let response = detail.response, let one = waiting[detail.tryID] else { continue }
            answer(one, .event(response.event))
        }
        let now = wallClock.now()
        for (tryID, one) in waiting where one.timeout.map({ $0 <= now }) ?? false { try await end(one, tryID, at: now) }
    }

    private func end(_ one: Waiting, _ tryID: UUID7, at now: Timestamp) async throws {
        if let response = try await store.hitlDetail(tryID: tryID)?.defaultResponse(at: now) {
            _ = try await store.respond(response, tryID: tryID)
        }
        let event = try await store.hitlDetail(tryID: tryID)?.response?.event
        answer(one, .event(event ?? Self.timeoutEvent))
    }

    private static let timeoutEvent: JSONValue = [
        "error": "The Human-in-the-loop response timeout has passed without a response.", "error_type": "timeout",
    ]

    /// Once for each wait: what is posted a second time would only find the task gone on.
    private func answer(_ one: Waiting, _ outcome: TriggerOutcome) {
        let isFirst = state.withLock { state in
            guard state.waiting[one.launch.tryID]?.launch == one.launch else { return false }
            state.waiting[one.launch.tryID] = nil
            return true
        }
        if isFirst { inbox.post(.triggerFired(one.launch, outcome)) }
    }
}
