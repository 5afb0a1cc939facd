import Synchronization

/// Runs the callbacks that commits ask for, and records that they have run: with a commit of its own, since it decides
/// nothing about runs. What this process does not come to record runs again in the next one (decision 0009).
package final class CallbackService: SchedulerObserver {
    package struct Settings: Sendable {
        /// Callbacks that run at once.
        package var maximumRunning = 4
        /// How long callbacks that run may go on when the process ends.
        package var grace = Duration.seconds(10)
        package var retry = CallbackRetry()
        /// Of the commit that records an end.
        package var commitRetry = CommitRetry()

        package init() {}
    }

    private struct State {
        var queue: CallbackQueue
        var running: [UUID7: Task<Void, Never>] = [:]
        var waiting: Task<Void, Never>?
        var waitingUntil: Timestamp?
        var idle: [CheckedContinuation<Void, Never>] = []
        var isStopped = false
    }

    private let runner: any CallbackRunner
    private let store: any RunStore
    private let epoch: Int64
    private let settings: Settings
    private let wallClock: any WallClock
    private let clock: any Clock<Duration>
    private let note: @Sendable (String) -> Void
    private let state: Mutex<State>

    /// - Parameter note: told of callbacks that failed, or could not be recorded.
    package init(
        runner: any CallbackRunner, store: any RunStore, epoch: Int64, settings: Settings, wallClock: any WallClock,
        clock: any Clock<Duration>, note: @escaping @Sendable (String) -> Void
    ) {
        self.runner = runner
        self.store = store
        self.epoch = epoch
        self.settings = settings
        self.wallClock = wallClock
        self.clock = clock
        self.note = note
        state = Mutex(State(queue: CallbackQueue(maximumRunning: settings.maximumRunning)))
    }

    package func committed(_ changes: [StoreChange], at instant: Timestamp) {
        let requests = changes.compactMap { if case .saveCallback(let request) = $0 { request } else { nil } }
        if !requests.isEmpty { take(requests) }
    }

    /// Takes over what an earlier process has left.
    package func take(_ requests: [CallbackRequest]) {
        let now = wallClock.now()
        state.withLock { state in for request in requests { state.queue.add(request, now: now) } }
        pump()
    }

    /// Waits until everything that is due has run. What waits for its time stays in the store.
    package func finish() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                guard !state.queue.isIdle, !state.isStopped else { return true }
                state.idle.append(continuation)
                return false
            }
            if isIdle { continuation.resume() }
        }
    }

    /// Begins nothing any more, and ends what still runs after the grace.
    package func shutdown() async {
        let running = state.withLock { state in
            state.isStopped = true
            state.waiting?.cancel()
            return Array(state.running.values)
        }
        guard !running.isEmpty else { return wakeIdle() }
        let ending = Task { [clock, settings] in
            guard (try? await clock.sleep(for: settings.grace)) != nil else { return }
            for task in running { task.cancel() }
        }
        for task in running { await task.value }
        ending.cancel()
        wakeIdle()
    }

    private func wakeIdle() {
        for waiter in state.withLock({ state in
            defer { state.idle = [] }
            return state.idle
        }) { waiter.resume() }
    }

    // MARK: - Running

    /// Begins what may begin, and sets the one timer for what waits.
    private func pump() {
        let now = wallClock.now()
        let isIdle = state.withLock { state -> Bool in
            guard !state.isStopped else { return false }
            // Lives beyond the turn that asked for it.
            for request in state.queue.take(now: now) { state.running[request.id] = Task { await self.run(request) } }
            wait(&state, now)
            return state.queue.isIdle
        }
        if isIdle { wakeIdle() }
    }

    private func wait(_ state: inout State, _ now: Timestamp) {
        guard let due = state.queue.nextDue else { return }
        if let known = state.waitingUntil, known <= due { return }
        state.waiting?.cancel()
        state.waitingUntil = due
        state.waiting = Task { [clock] in
            guard (try? await clock.sleep(for: max(.zero, due - now))) != nil else { return }
            self.state.withLock { $0.waitingUntil = nil }
            pump()
        }
    }

    private func run(_ request: CallbackRequest) async {
        let end = await runner.run(request)
        let next = await record(end, of: request)
        let now = wallClock.now()
        state.withLock { state in
            state.running[request.id] = nil
            state.queue.ended(request.id)
            if let next { state.queue.add(next, now: now) }
        }
        pump()
    }

    /// Makes the end durable; answers with what is to be tried again.
    private func record(_ end: CallbackEnd, of request: CallbackRequest) async -> CallbackRequest? {
        switch end {
        case .done: await commit(.finishCallback(request.id), request)
        case .failed(let reason):
            note("\(Self.name(request)) failed: \(reason)")
            await commit(.finishCallback(request.id), request)
        case .unreachable(let reason): return await postpone(request, reason)
        case .interrupted: break
        }
        return nil
    }

    private func postpone(_ request: CallbackRequest, _ reason: String) async -> CallbackRequest? {
        guard let delay = settings.retry.delay(after: request.attempts + 1) else {
            note("\(Self.name(request)) is given up after \(request.attempts + 1) attempts: \(reason)")
            await commit(.finishCallback(request.id), request)
            return nil
        }
        var next = request
        next.attempts += 1
        next.dueAt = wallClock.now() + delay
        note("\(Self.name(request)) is tried again in \(delay.inSeconds) s: \(reason)")
        await commit(.saveCallback(next), request)
        return next
    }

    /// Of a task of its own: a callback that has run is recorded also while the process ends.
    private func commit(_ change: StoreChange, _ request: CallbackRequest) async {
        let commit = Task { [store, epoch, settings, clock] in
            for attempt in 1..<settings.commitRetry.attempts {
                do {
                    return try await store.commit([change], epoch: epoch)
                } catch let error as StoreError where error.isTransient {
                    try await clock.sleep(for: settings.commitRetry.delay(after: attempt))
                }
            }
            try await store.commit([change], epoch: epoch)
        }
        do {
            try await commit.value
        } catch {
            note("\(Self.name(request)) has run, which could not be recorded, so that it will run again: \(error)")
        }
    }

    private static func name(_ request: CallbackRequest) -> String {
        switch request.work {
        case .dag(let isFailure, _, _): "on_\(isFailure ? "failure" : "success")_callback of run \(request.run)"
        case .task(let task, let isRetry, _):
            "on_\(isRetry ? "retry" : "failure")_callback of task \(task.taskID) in run \(request.run)"
        case .email(let task, _, _): "the e-mail about task \(task.taskID) in run \(request.run)"
        case .deadline(let callback, _, _): "the deadline callback \(callback.path) of run \(request.run)"
        case .webhook(_, let body): "the notification of \(body["event"]?.stringValue ?? "an event") of run \(request.run)"
        }
    }
}
