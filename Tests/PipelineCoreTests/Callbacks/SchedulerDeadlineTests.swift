import PipelineCore
import PipelineTestSupport
import Testing

/// Deadlines and callbacks of a scheduler with a store: from the run to what is left to run.
@Suite struct SchedulerDeadlineTests {
    /// Never says anything: what it is given runs on.
    private struct SilentExecutor: Executor {
        func launch(_ launch: TaskLaunch) async {}
        func terminate(_ id: LaunchID, reason: TerminationReason) async {}
        func settle(_ launches: [TaskLaunch]) async {}
        func shutdown() async {}
    }

    private let store = InMemoryStore()
    private let clock = TestClock()
    private let mailbox = SchedulerMailbox()

    private static let key = RunKey(dagID: "dag", runID: "r1")

    private func dag() throws -> DAG {
        var builder = DAGBuilder()
        builder.header.hasOnFailureCallback = true
        builder.header.deadlines = [
            DeadlineAlert(
                name: "late", reference: .queuedAt, interval: .fixed(.seconds(60)),
                callback: DeadlineCallback(isAsync: true, path: "own.tell", kwargs: [:]))
        ]
        builder.task("a")
        return try builder.build()
    }

    private func snapshot() throws -> RunSnapshot {
        var run = DAGRun(key: Self.key, type: .manual, runAfter: clock.timestamp, triggeredBy: .cli)
        (run.logicalDate, run.queuedAt) = (clock.timestamp, clock.timestamp)
        return RunSnapshot(run: run, dag: try dag())
    }

    private func scheduler(seed: UInt64) async throws -> Scheduler {
        var known: [(deadline: Deadline, run: DAGRun)] = []
        for deadline in try await store.deadlines(run: nil, isMissed: false) {
            if let run = try await store.run(deadline.run) { known.append((deadline, run)) }
        }
        let planning = Planning(
            [DeadlinePlanner(known, rules: [], seed: seed)],
            maker: RunMaker(store: store, dags: PlannedRunTests.OneDAG(dag: try dag())), askPython: { _ in },
            askMapper: { _ in }, note: { _ in })
        let machine = SchedulerStateMachine(
            limits: SchedulerLimits(), pools: [Pool(name: Pool.defaultName, slots: 4)], seed: seed)
        let evaluator = DeadlineEvaluator(
            store: store, secrets: EnvironmentSecrets([:]), rules: [], wallClock: clock.wallClock,
            custom: { _, _, _, _ in nil }, note: { _ in })
        return Scheduler(
            machine: machine, store: store, executor: SilentExecutor(), mailbox: mailbox, wallClock: clock.wallClock,
            clock: clock, epoch: 0, planning: planning, deadlines: evaluator)
    }

    private func kinds() async throws -> [String] { try await store.callbacks().map(\.work.kind) }

    @Test func aDeadlineIsMadeWithItsRunAndMissedOnceWhateverIsRestarted() async throws {
        let first = try await scheduler(seed: 1)
        mailbox.post(.runCreated(try snapshot()))
        try await first.turn()
        #expect(try await store.deadlines(run: Self.key, isMissed: false).map(\.time) == [clock.timestamp + .seconds(60)])
        clock.advance(by: .seconds(50))
        let second = try await scheduler(seed: 2)
        try await second.turn()
        #expect(try await kinds().isEmpty)
        clock.advance(by: .seconds(10))
        try await second.turn()
        try await second.turn()
        #expect(try await kinds() == ["deadline"])
        #expect(try await store.deadlines(run: Self.key, isMissed: true).count == 1)
        try await scheduler(seed: 3).turn()
        #expect(try await kinds() == ["deadline"])
    }

    @Test func aTimerWakesTheSchedulerForIt() async throws {
        let scheduler = try await scheduler(seed: 1)
        mailbox.post(.runCreated(try snapshot()))
        let running = Task { try await scheduler.run() }
        await clock.waitForSleepers()
        #expect(clock.sleeps.last == .seconds(60))
        clock.advance(by: .seconds(60))
        while try await kinds().isEmpty { await Task.yield() }
        mailbox.close()
        try await running.value
        #expect(try await kinds() == ["deadline"])
    }

    @Test(arguments: [StoreFault.before, .after]) func aCommitThatIsRepeatedAsksOnce(_ fault: StoreFault) async throws {
        let scheduler = try await scheduler(seed: 1)
        mailbox.post(.runCreated(try snapshot()))
        try await scheduler.turn()
        store.failNextCommit(fault)
        mailbox.post(.runCancelled(Self.key, reason: "cancelled"))
        let turn = Task { try await scheduler.turn() }
        await clock.waitForSleepers()
        clock.advance(by: .seconds(1))
        try await turn.value
        #expect(try await kinds() == ["dag"])
        #expect(try await store.run(Self.key)?.state == .failed)
        // A failed run has not kept its deadline.
        clock.advance(by: .seconds(60))
        try await scheduler.turn()
        #expect(try await kinds() == ["dag", "deadline"])
    }
}

enum StoreFault: Sendable { case before, after }

extension InMemoryStore {
    fileprivate func failNextCommit(_ fault: StoreFault) {
        withCore { core in
            core.commitFaults[core.commitCount + 1] = fault == .before ? .beforeEffect(.unreachable) : .afterEffect(.unreachable)
        }
    }
}
