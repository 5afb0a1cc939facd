/// The service around ``SchedulerStateMachine``: collects events, asks the machine, commits what it decided in one
/// transaction, and only then carries out the effects. It decides nothing itself.
package actor Scheduler {
    private var machine: SchedulerStateMachine
    private let store: any RunStore
    private let executor: any Executor
    private let wallClock: any WallClock
    private let clock: any Clock<Duration>
    private let observers: [any SchedulerObserver]
    private let epoch: Int64
    private let retry: CommitRetry
    private var planning: Planning?
    private let deadlines: DeadlineEvaluator?
    private var endedRuns: [RunKey: DAGRun] = [:]
    private var cancelledRuns: Set<RunKey> = []

    /// Where events go in.
    package nonisolated let mailbox: SchedulerMailbox

    package init(
        machine: consuming SchedulerStateMachine, store: any RunStore, executor: any Executor, mailbox: SchedulerMailbox,
        wallClock: any WallClock, clock: any Clock<Duration>, epoch: Int64,
        observers: [any SchedulerObserver] = [], planning: Planning? = nil, deadlines: DeadlineEvaluator? = nil, retry: CommitRetry = CommitRetry()
    ) {
        self.machine = machine
        self.store = store
        self.executor = executor
        self.mailbox = mailbox
        self.wallClock = wallClock
        self.clock = clock
        self.epoch = epoch
        self.observers = observers
        self.planning = planning
        self.deadlines = deadlines
        self.retry = retry
    }

    /// Turns until `key` has ended; returns the finished run.
    /// - Throws: ``StoreError`` when the store refuses a commit for good, `CancellationError`.
    package func run(until key: RunKey) async throws -> DAGRun {
        while true {
            try await turn()
            if let run = endedRuns.removeValue(forKey: key) { return run }
            try Task.checkCancellation()
            tellStandstill(of: key)
            await waitForWork()
        }
    }

    private func tellStandstill(of key: RunKey) {
        let now = wallClock.now()
        let waits = machine.standstill(of: key, now: now)
        guard !waits.isEmpty else { return }
        for observer in observers { observer.stoodStill(waits, at: now) }
    }

    /// Turns until the machine holds no run: what a finished run has triggered goes on to its end too. A launch that is
    /// being ended may still trigger one, so all launches are waited for.
    package func runUntilIdle() async throws {
        while !machine.activeRuns.isEmpty || machine.hasProcesses {
            try Task.checkCancellation()
            await waitForWork()
            try await turn()
        }
        endedRuns = [:]
    }

    /// Turns until the mailbox is closed.
    package func run() async throws {
        while !mailbox.isClosed {
            try await turn()
            endedRuns = [:]
            await waitForWork()
        }
    }

    /// Takes over runs from the store in one turn, so that what is left of all their launches is known before any is settled.
    package func takeOver(_ snapshots: [RunSnapshot]) async throws {
        mailbox.post(together: snapshots.map { .runLoaded($0) })
        try await turn()
    }

    /// Why a task instance waits, check by check.
    package func explain(_ key: TaskInstanceKey) -> [CheckResult] {
        machine.explain(key, now: wallClock.now())
    }

    /// Handles everything that is queued: one commit, then the effects. Of runs that somebody else has carried out so far the
    /// executor goes on with what is left of their launches.
    package func turn() async throws {
        let events = mailbox.drain()
        let now = wallClock.now()
        let takenOver = newlyLoaded(events)
        var actions: [SchedulerAction] = []
        for event in events { actions += machine.handle(try await withDeadlines(event), now: now) }
        if let due = machine.nextWake, due <= now { actions += machine.handle(.timeReached, now: now) }
        if let reason = mailbox.cancellation { actions += cancelRuns(reason, at: now) }
        try await plan(events, &actions, at: now)
        try await commit(actions, at: now)
        tellLoaded(events)
        for action in actions { await perform(action) }
        let leftovers = takenOver.flatMap { machine.launchesInHand(of: $0) }
        if !leftovers.isEmpty { await settle(leftovers, actions) }
    }

    /// What the executor goes on with, it did not know yet when this turn asked for its end.
    private func settle(_ leftovers: [TaskLaunch], _ actions: [SchedulerAction]) async {
        await executor.settle(leftovers)
        let ids = Set(leftovers.map(\.id))
        for case .terminate(let id, let reason) in actions where ids.contains(id) {
            await executor.terminate(id, reason: reason)
        }
    }

    /// Runs that come in with these events and that the machine does not hold.
    private func newlyLoaded(_ events: [SchedulerEvent]) -> [RunKey] {
        events.compactMap {
            guard case .runLoaded(let snapshot) = $0, !machine.holds(snapshot.run.key) else { return nil }
            return snapshot.run.key
        }
    }

    /// A run that begins gets its deadlines.
    private func withDeadlines(_ event: SchedulerEvent) async throws -> SchedulerEvent {
        switch event {
        case .runCreated(let snapshot): .runCreated(try await withDeadlines(snapshot))
        case .runLoaded(let snapshot): .runLoaded(try await withDeadlines(snapshot))
        default: event
        }
    }

    private func withDeadlines(_ snapshot: RunSnapshot) async throws -> RunSnapshot {
        guard let deadlines, snapshot.taskInstances.isEmpty, machine.run(snapshot.run.key) == nil else { return snapshot }
        var snapshot = snapshot
        let (run, dag) = (snapshot.run, snapshot.dag)
        snapshot.deadlines = try await patiently { try await deadlines.deadlines(of: run, dag) }
        return snapshot
    }

    /// Asks the planners until they want no more runs: what follows from one answer is shown to them with the next question.
    private func plan(_ events: [SchedulerEvent], _ actions: inout [SchedulerAction], at now: Timestamp) async throws {
        guard planning != nil else { return }
        var turn = PlanningTurn(now: now, events: events, changes: actions.changes)
        var created: Set<RunDate> = []
        while let plan = planning?.plan(turn), !plan.isEmpty {
            actions += plan.changes.map { .store($0) }
            planning?.tell(plan)
            var following: [SchedulerAction] = []
            for planned in plan.runs { following += try await create(planned, &created, at: now) }
            actions += following
            turn = PlanningTurn(now: now, changes: following.changes, isFirst: false)
            if plan.runs.isEmpty { break }
        }
    }

    /// A date of a DAG, which one run has.
    private struct RunDate: Hashable {
        let dagID: String
        let logicalDate: Timestamp
    }

    /// - Parameter created: dates that have got a run in this turn, which the store does not know yet.
    private func create(
        _ planned: PlannedRun, _ created: inout Set<RunDate>, at now: Timestamp
    ) async throws -> [SchedulerAction] {
        guard let maker = planning?.maker else { return [] }
        let date = planned.run.logicalDate.map { RunDate(dagID: planned.run.key.dagID, logicalDate: $0) }
        let isHeld = machine.holdsRun(like: planned.run) || date.map(created.contains) ?? false
        switch try await outcome(of: planned, maker, isHeld: isHeld) {
        case .new(let snapshot):
            if let date { created.insert(date) }
            let event = try await withDeadlines(.runCreated(snapshot))
            return machine.handle(event, now: now) + planned.changes.map { .store($0) }
        case .again(let snapshot, let change): return again(snapshot, on: change, planned.step, at: now)
        case .refused(let reason):
            guard let step = planned.step, let reason else { return [] }
            return [.store(step.settled(reason))]
        }
    }

    /// Only the store may end the process: what is wrong with one DAG or one of its versions holds up no other.
    private func outcome(of planned: PlannedRun, _ maker: RunMaker, isHeld: Bool) async throws -> RunMaker.Outcome {
        do {
            return try await patiently { try await maker.make(planned, isHeld: isHeld) }
        } catch let error as StoreError {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            planning?.say("run \(planned.run.key) cannot be made: \(error)")
            return .refused(planned.step.map { _ in .unknown })
        }
    }

    /// Has the machine run all tasks of a run that is over again.
    private func again(
        _ snapshot: RunSnapshot, on change: VersionChange?, _ step: BackfillStep?, at now: Timestamp
    ) -> [SchedulerAction] {
        let request = ClearRequest(run: snapshot.run.key)
        var actions = machine.handle(.runLoaded(snapshot), now: now)
        if let change {
            actions += machine.handle(.tasksClearedOnVersion(request, change), now: now)
        } else {
            actions += machine.handle(.tasksCleared(request), now: now)
        }
        return actions + (step.map { [.store($0.settled(by: snapshot.run.key))] } ?? [])
    }

    /// Each run once: what it began is being ended then.
    private func cancelRuns(_ reason: String, at now: Timestamp) -> [SchedulerAction] {
        machine.activeRuns.filter { cancelledRuns.insert($0).inserted }
            .flatMap { machine.handle(.runCancelled($0, reason: reason), now: now) }
    }

    private func commit(_ actions: [SchedulerAction], at now: Timestamp) async throws {
        let changes = actions.changes
        guard !changes.isEmpty else { return }
        try await patiently { [store, epoch] in try await store.commit(changes, epoch: epoch) }
        for observer in observers { observer.committed(changes, at: now) }
    }

    /// Stands by a store that does not answer, as long as ``CommitRetry`` says.
    private func patiently<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        for attempt in 1..<retry.attempts {
            do {
                return try await body()
            } catch let error as StoreError where error.isTransient {
                try await clock.sleep(for: retry.delay(after: attempt))
            }
        }
        return try await body()
    }

    private func tellLoaded(_ events: [SchedulerEvent]) {
        for case .runLoaded(let snapshot) in events {
            let instances = machine.taskInstances(snapshot.run.key)
            for observer in observers { observer.loaded(instances) }
        }
    }

    private func perform(_ action: SchedulerAction) async {
        switch action {
        case .store: break
        case .launch(let launch): await executor.launch(launch)
        case .terminate(let id, let reason): await executor.terminate(id, reason: reason)
        case .runEnded(let run): endedRuns[run.key] = run
        }
    }

    private static let longestSleep = Duration.seconds(60)

    /// Sleeps until an event is posted or the next wake-up of the machine or a planner is due.
    private func waitForWork() async {
        guard let due = [machine.nextWake, planning?.nextWake].compactMap(\.self).min() else { return await mailbox.wait() }
        // Looked at again in between: the clock on the wall may be set meanwhile.
        let delay = min(due - wallClock.now(), Self.longestSleep)
        guard delay > .zero else { return }
        await withTaskGroup { group in
            group.addTask { [clock, mailbox] in
                guard (try? await clock.sleep(for: delay)) != nil else { return }
                mailbox.post(.timeReached)
            }
            await mailbox.wait()
            group.cancelAll()
        }
    }
}

extension [SchedulerAction] {
    /// What is to be made durable.
    fileprivate var changes: [StoreChange] { compactMap { if case .store(let change) = $0 { change } else { nil } } }
}
