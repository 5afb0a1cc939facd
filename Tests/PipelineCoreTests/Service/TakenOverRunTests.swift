import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

/// A run that comes in while a scheduler works, with a task that somebody else has launched: a `pipeline run` that has
/// met the scheduler and has left the run to it.
@Suite struct TakenOverRunTests {
    final class RecordingExecutor: Executor {
        let launched = Mutex<[LaunchID]>([])
        let settled = Mutex<[LaunchID]>([])
        /// Ends that were asked for of launches that it had in hand.
        let terminated = Mutex<[LaunchID: TerminationReason]>([:])

        func launch(_ launch: TaskLaunch) async { launched.withLock { $0.append(launch.id) } }
        func terminate(_ id: LaunchID, reason: TerminationReason) async {
            guard (launched.withLock { $0 } + settled.withLock { $0 }).contains(id) else { return }
            terminated.withLock { $0[id] = reason }
        }
        func settle(_ launches: [TaskLaunch]) async { settled.withLock { $0 += launches.map(\.id) } }
        func shutdown() async {}
    }

    let store = InMemoryStore()
    let clock = TestClock(start: TimePlannerTests.midnight)

    private func scheduler(_ executor: RecordingExecutor, _ mailbox: SchedulerMailbox) -> Scheduler {
        let machine = SchedulerStateMachine(
            limits: SchedulerLimits(), pools: [Pool(name: Pool.defaultName, slots: 4)], seed: 1)
        return Scheduler(
            machine: machine, store: store, executor: executor, mailbox: mailbox, wallClock: clock.wallClock,
            clock: clock, epoch: 0)
    }

    private func snapshot(_ key: RunKey, _ dag: DAG) async throws -> RunSnapshot {
        let run = try #require(try await store.run(key))
        return try await RunSnapshotLoader(store: store).load(run, dag: dag, xcoms: store)
    }

    @Test func whatIsLeftOfItsLaunchesIsSettledOnce() async throws {
        var builder = DAGBuilder("d")
        builder.task("work")
        let dag = try builder.build()
        let key = RunKey(dagID: "d", runID: "r")
        let first = (executor: RecordingExecutor(), mailbox: SchedulerMailbox())
        let run = DAGRun(key: key, type: .manual, runAfter: TimePlannerTests.midnight, triggeredBy: .cli)
        first.mailbox.post(.runCreated(RunSnapshot(run: run, dag: dag)))
        try await scheduler(first.executor, first.mailbox).turn()
        let launches = first.executor.launched.withLock { $0 }
        #expect(launches.count == 1)

        let second = (executor: RecordingExecutor(), mailbox: SchedulerMailbox())
        let scheduler = scheduler(second.executor, second.mailbox)
        second.mailbox.post(together: [.runLoaded(try await snapshot(key, dag)), .timeReached])
        try await scheduler.turn()
        #expect(second.executor.settled.withLock { $0 } == launches)
        // One that the machine holds already is no news.
        second.mailbox.post(.runLoaded(try await snapshot(key, dag)))
        try await scheduler.turn()
        #expect(second.executor.settled.withLock { $0 } == launches)
    }

    /// The time of its run is over in the very turn in which the run comes in: its process is ended all the same, and its slot
    /// is free once it has gone.
    @Test func whatIsStoppedInTheTurnOfATakeoverIsSettledAndEnded() async throws {
        var builder = DAGBuilder("d")
        builder.task("work")
        builder.header.dagRunTimeout = .seconds(60)
        let dag = try builder.build()
        let key = RunKey(dagID: "d", runID: "r")
        let first = (executor: RecordingExecutor(), mailbox: SchedulerMailbox())
        let run = DAGRun(key: key, type: .manual, runAfter: TimePlannerTests.midnight, triggeredBy: .cli)
        first.mailbox.post(.runCreated(RunSnapshot(run: run, dag: dag)))
        try await scheduler(first.executor, first.mailbox).turn()
        let launches = first.executor.launched.withLock { $0 }

        clock.advance(by: .seconds(61))
        let second = (executor: RecordingExecutor(), mailbox: SchedulerMailbox())
        let scheduler = scheduler(second.executor, second.mailbox)
        try await scheduler.takeOver([try await snapshot(key, dag)])
        #expect(try await store.run(key)?.state == .failed)
        #expect(second.executor.settled.withLock { $0 } == launches)
        #expect(second.executor.terminated.withLock { $0 } == [launches[0]: .runTimeout])
        second.mailbox.post(.taskLost(launches[0], reason: "gone"))
        // Ends only when no process is counted any more.
        try await scheduler.runUntilIdle()
    }
}
