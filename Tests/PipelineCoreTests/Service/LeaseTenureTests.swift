import PipelineCore
import PipelineTestSupport
import Testing

@Suite struct LeaseTenureTests {
    @Test func itEndsBeforeTheLeaseDoes() {
        let tenure = LeaseTenure(askedAt: .seconds(10))
        #expect(tenure.end == .seconds(15))
        #expect(tenure.isInForce(at: .seconds(14)))
        #expect(!tenure.isInForce(at: .seconds(15)))
    }

    /// What counts is when it was asked, for the store may have answered late.
    @Test func aRenewalCountsFromItsQuestion() {
        var tenure = LeaseTenure(askedAt: .zero)
        tenure.renew(askedAt: .seconds(2))
        #expect(tenure.end == .seconds(7))
        tenure.renew(askedAt: .seconds(1))
        #expect(tenure.end == .seconds(7))
    }

    /// A process that was stopped between its commit and its launches begins none of them.
    @Test func aSchedulerWhoseLeaseIsOverLaunchesNothing() async throws {
        let clock = TestClock()
        let store = InMemoryStore()
        let epoch = try await store.takeLeadership(holder: "h", at: clock.wallClock.now())
        let (executor, mailbox) = (RecordingExecutor(), SchedulerMailbox())
        let scheduler = Scheduler(
            machine: SchedulerStateMachine(limits: SchedulerLimits(), pools: try await store.pools(), seed: 1, host: "here"),
            store: store, executor: executor, mailbox: mailbox, wallClock: clock.wallClock, clock: clock, epoch: epoch,
            mayAct: { false })
        var builder = DAGBuilder("d")
        builder.task("a")
        let run = DAGRun(key: RunKey(dagID: "d", runID: "r"), type: .manual, runAfter: clock.wallClock.now(), triggeredBy: .cli)
        mailbox.post(.runCreated(RunSnapshot(run: run, dag: try builder.build())))
        await #expect(throws: StoreError.self) { try await scheduler.turn() }
        #expect(await executor.launches.isEmpty)
        // It was decided and committed: whoever leads next finds it, and where it would have been.
        let row = try await store.taskInstances(TaskFilter(run: run.key)).first
        #expect(row?.state == .queued)
        #expect(row?.hostname == "here")
    }
}

private actor RecordingExecutor: Executor {
    private(set) var launches: [LaunchID] = []

    func launch(_ launch: TaskLaunch) async { launches.append(launch.id) }
    func terminate(_ id: LaunchID, reason: TerminationReason) async {}
    func settle(_ launches: [TaskLaunch]) async {}
    func shutdown() async {}
}
