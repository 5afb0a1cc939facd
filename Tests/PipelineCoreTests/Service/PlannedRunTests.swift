import PipelineCore
import PipelineTestSupport
import Testing

/// A scheduler with a planner of time, from the due instant to the run in the store.
@Suite struct PlannedRunTests {
    /// Carries nothing out: the tasks of these DAGs end in the scheduler.
    struct IdleExecutor: Executor {
        func launch(_ launch: TaskLaunch) async {}
        func terminate(_ id: LaunchID, reason: TerminationReason) async {}
        func settle(_ launches: [TaskLaunch]) async {}
        func shutdown() async {}
    }

    struct OneDAG: DAGProvider {
        let dag: DAG
        let versionID = UUID7(high: 0x7001, low: 1 << 63)

        func latest(dagID: String) async throws -> PinnedDAG? {
            dagID == dag.id ? PinnedDAG(dag: dag, versionID: versionID, bundleVersion: "abc") : nil
        }
        func version(_ id: UUID7) async throws -> PinnedDAG? { nil }
        func manualDataInterval(of dag: DAG, at instant: Timestamp) async throws -> DataInterval? { nil }
        func partition(of dag: DAG, key: String) async throws -> RunPartition { RunPartition(key: key, date: nil) }
    }

    let store = InMemoryStore()
    let clock = TestClock(start: TimePlannerTests.midnight - .seconds(10))
    let mailbox = SchedulerMailbox()

    func scheduler() throws -> Scheduler {
        var builder = DAGBuilder("d")
        builder.empty("only")
        let dag = try builder.build()
        let planning = Planning(
            [TimePlanner()], maker: RunMaker(store: store, dags: OneDAG(dag: dag)), askPython: { _ in },
            askMapper: { _ in }, note: { _ in })
        let machine = SchedulerStateMachine(
            limits: SchedulerLimits(), pools: [Pool(name: Pool.defaultName, slots: 4)], seed: 1)
        return Scheduler(
            machine: machine, store: store, executor: IdleExecutor(), mailbox: mailbox, wallClock: clock.wallClock,
            clock: clock, epoch: 0, planning: planning)
    }

    @Test func aDueRunIsInTheStorePinnedAndDone() async throws {
        let scheduler = try scheduler()
        mailbox.post(.schedulesChanged([try TimePlannerTests.schedule(start: TimePlannerTests.midnight)]))
        let running = Task { try await scheduler.run() }
        await clock.waitForSleepers()
        #expect(try await store.runs(RunFilter()).isEmpty)
        clock.advance(by: .seconds(10))
        await clock.waitForSleepers()
        let runs = try await store.runs(RunFilter())
        #expect(runs.map(\.state) == [.success])
        #expect(runs.first?.bundleVersion == "abc")
        mailbox.close()
        try await running.value
    }

    @Test func aRunThatIsThereAlreadyIsNotMadeAgain() async throws {
        let key = RunKey(dagID: "d", runID: "by-hand")
        var run = DAGRun(key: key, type: .manual, runAfter: TimePlannerTests.midnight, triggeredBy: .cli)
        run.logicalDate = TimePlannerTests.midnight
        (run.state, run.endDate) = (.success, TimePlannerTests.midnight)
        try await store.commit([.saveRun(run)], epoch: 0)
        let scheduler = try scheduler()
        mailbox.post(.schedulesChanged([try TimePlannerTests.schedule(start: TimePlannerTests.midnight)]))
        clock.advance(by: .seconds(11))
        try await scheduler.turn()
        #expect(try await store.runs(RunFilter()).map(\.key) == [key])
        clock.advance(by: TimePlannerTests.day)
        try await scheduler.turn()
        #expect(try await store.runs(RunFilter()).count == 2)
    }
}
