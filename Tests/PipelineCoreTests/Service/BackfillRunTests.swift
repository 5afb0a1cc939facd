import PipelineCore
import PipelineTestSupport
import Testing

/// A backfill in a scheduler, from its rows to its end.
@Suite struct BackfillRunTests {
    static let midnight = TimePlannerTests.midnight
    static let day = TimePlannerTests.day

    /// Two versions of one DAG.
    struct Versions: DAGProvider {
        let dags: [DAG]
        static func id(_ number: Int) -> UUID7 { UUID7(high: 0x7001 + UInt64(number) << 16, low: 1 << 63) }

        func latest(dagID: String) async throws -> PinnedDAG? { try await version(Self.id(dags.count - 1)) }
        func version(_ id: UUID7) async throws -> PinnedDAG? {
            dags.indices.first { Self.id($0) == id }.map {
                PinnedDAG(dag: dags[$0], versionID: id, bundleVersion: "v\($0)")
            }
        }
        func manualDataInterval(of dag: DAG, at instant: Timestamp) async throws -> DataInterval? { nil }
        func partition(of dag: DAG, key: String) async throws -> RunPartition { RunPartition(key: key, date: nil) }
    }

    let store = InMemoryStore()
    let clock = TestClock(start: midnight + day * 50)
    let mailbox = SchedulerMailbox()

    static func versions() throws -> Versions {
        var first = DAGBuilder("d")
        first.empty("a")
        var second = DAGBuilder("d")
        second.empty("a")
        second.empty("b", after: ["a"])
        return Versions(dags: [try first.build(), try second.build()])
    }

    func scheduler(planners: [any RunPlanner] = [TimePlanner(), BackfillPlanner()]) throws -> Scheduler {
        let planning = Planning(planners, maker: RunMaker(store: store, dags: try Self.versions()), askPython: { _ in },
            askMapper: { _ in }, note: { _ in })
        return Scheduler(
            machine: BackfillLimitTests.machine(), store: store, executor: PlannedRunTests.IdleExecutor(),
            mailbox: mailbox, wallClock: clock.wallClock, clock: clock, epoch: 0, planning: planning)
    }

    func create(_ days: Int, _ configure: (inout Backfill) -> Void = { _ in }) async throws -> Backfill {
        var backfill = BackfillPlannerTests.backfill(0)
        backfill.dagVersionID = Versions.id(1)
        configure(&backfill)
        return try await store.createBackfill(backfill, runs: BackfillPlannerTests.dates(days, of: 0))
    }

    func begin(isPaused: Bool = false) async throws {
        var schedule = try TimePlannerTests.schedule()
        (schedule.trigger, schedule.isPaused) = (.none, isPaused)
        mailbox.post(.schedulesChanged([schedule]))
        mailbox.post(.backfillsChanged(try await store.openBackfills()))
    }

    /// A run of the first version that is over.
    func finishedRun(_ number: Int, _ state: RunState) async throws -> DAGRun {
        var run = DAGRun(
            key: RunKey(dagID: "d", runID: "old\(number)"), type: .manual, runAfter: Self.midnight + Self.day * number,
            triggeredBy: .cli)
        (run.state, run.logicalDate, run.endDate) = (state, run.runAfter, run.runAfter)
        (run.dagVersionID, run.conf) = (Versions.id(0), ["kept": true])
        var task = TaskInstance(
            id: UUID7(high: 0x7300, low: 1 << 63 | UInt64(number)), key: TaskInstanceKey(run: run.key, taskID: "a"))
        (task.state, task.tryNumber, task.endDate, task.dagVersionID) = (state == .success ? .success : .failed, 1, run.endDate, run.dagVersionID)
        task.pool = Pool.defaultName
        try await store.commit([.saveRun(run), .saveTask(task)], epoch: 0)
        return run
    }

    func completed() async throws -> Bool { try await store.backfills(BackfillFilter()).allSatisfy { $0.completedAt != nil } }

    @Test func everyDateGetsItsRunAndTheBackfillEnds() async throws {
        let backfill = try await create(5) { $0.conf = ["n": 1] }
        let scheduler = try scheduler()
        try await begin()
        for turn in 1...3 {
            try await scheduler.turn()
            // Two runs in each turn, whatever they take.
            #expect(try await store.countRuns(RunFilter()) == min(5, turn * 2))
        }
        #expect(try await completed())
        let runs = try await store.runs(RunFilter()).reversed()
        #expect(runs.allSatisfy { $0.state == .success && $0.backfillID == backfill.id && $0.conf == ["n": 1] })
        #expect(try await store.backfillRuns(id: backfill.id).map(\.runID) == runs.map(\.key.runID))
    }

    @Test func aCrashBetweenTurnsLosesAndDoublesNothing() async throws {
        _ = try await create(5)
        for _ in 0..<3 {
            let scheduler = try scheduler()
            try await begin()
            try await scheduler.turn()
        }
        #expect(try await completed())
        #expect(try await store.countRuns(RunFilter()) == 5)
        let commits = store.snapshot.commitCount
        #expect(commits == 3, "a run and what is noted of its date are one commit")
    }

    @Test func aCommitThatFailsLeavesNothingHalf() async throws {
        _ = try await create(5)
        store.withCore { $0.commitFaults = [1: .beforeEffect(.full)] }
        let scheduler = try scheduler()
        try await begin()
        await #expect(throws: StoreError.self) { try await scheduler.turn() }
        #expect(try await store.countRuns(RunFilter()) == 0)
        #expect(try await store.openBackfills().first?.openRuns.count == 5)
    }

    @Test(arguments: [true, false]) func aRunThatIsThereRunsAgainOnTheChosenVersion(isLatest: Bool) async throws {
        let old = try await finishedRun(1, .failed)
        let kept = try await finishedRun(2, .success)
        let backfill = try await create(3) { ($0.reprocessBehavior, $0.runOnLatestVersion, $0.maxActiveRuns) = (.failed, isLatest, 9) }
        let scheduler = try scheduler()
        try await begin()
        try await scheduler.turn()
        #expect(try await completed())
        let again = try #require(try await store.run(old.key))
        #expect(again.state == .success && again.type == .backfill && again.triggeredBy == .backfill)
        #expect(again.conf == ["kept": true])
        #expect(again.clearNumber == 1 && again.backfillID == backfill.id)
        #expect(again.dagVersionID == Versions.id(isLatest ? 1 : 0))
        #expect(try await store.taskInstances(TaskFilter(run: old.key)).map(\.taskID) == (isLatest ? ["a", "b"] : ["a"]))
        #expect(try await store.run(kept.key) == kept)
        let dates = try await store.backfillRuns(id: backfill.id)
        #expect(dates.map(\.runID) == ["backfill__2026-01-01T00:00:00+00:00", old.key.runID, nil])
        #expect(dates.map(\.exceptionReason) == [nil, nil, .alreadyExists])
    }

    @Test func aDateThatTheScheduleTakesInTheSameTurnIsNotedAsInFlight() async throws {
        let backfill = try await create(1)
        let scheduler = try scheduler()
        mailbox.post(.schedulesChanged([try TimePlannerTests.schedule(catchup: true, start: Self.midnight, end: Self.midnight)]))
        mailbox.post(.backfillsChanged(try await store.openBackfills()))
        try await scheduler.turn()
        #expect(try await store.runs(RunFilter()).map(\.type) == [.scheduled])
        #expect(try await store.backfillRuns(id: backfill.id).map(\.exceptionReason) == [.inFlight])
        #expect(try await completed())
    }

    @Test func aVersionThatIsGoneIsAReasonToo() async throws {
        let backfill = try await create(1) { $0.dagVersionID = Versions.id(7) }
        let scheduler = try scheduler()
        try await begin()
        try await scheduler.turn()
        #expect(try await store.backfillRuns(id: backfill.id).map(\.exceptionReason) == [.unknown])
        #expect(try await completed())
    }

    @Test func cancellingIsOneCommitWithItsRequest() async throws {
        let backfill = try await create(5)
        let scheduler = try scheduler()
        try await begin(isPaused: true)
        try await scheduler.turn()
        let number = try await store.addRequest(.cancelBackfill(backfill.id), at: Self.midnight)
        mailbox.post(together: [SchedulerRequest.cancelBackfill(backfill.id).event, .requestTaken(number)])
        try await scheduler.turn()
        #expect(store.snapshot.commitCount == 1)
        #expect(try await store.requests(after: 0).isEmpty)
        #expect(try await completed())
        #expect(try await store.backfills(BackfillFilter()).map(\.isPaused) == [true])
    }
}
