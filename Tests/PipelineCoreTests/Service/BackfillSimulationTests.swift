import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

/// Backfills under crashes, faults of the store, pauses and runs that others make: after every turn the store holds nothing
/// impossible, and in the end each date has a run or a reason.
@Suite struct BackfillSimulationTests {
    static let midnight = TimePlannerTests.midnight
    static let day = TimePlannerTests.day
    static let days = 12

    @Test(arguments: 0..<60) func everyDateIsSettledOnce(seed: UInt64) async throws {
        var world = try await SimulatedBackfill(seed: seed)
        for _ in 0..<120 { try await world.step() }
        try await world.settle()
        #expect(try await world.isCompleted(), "seed \(seed)")
        let dates = try await world.store.backfillRuns(id: 1)
        #expect(dates.allSatisfy { !$0.isOpen }, "seed \(seed)")
        let runs = try await world.store.runs(RunFilter(dagID: "d"))
        #expect(Set(runs.map(\.logicalDate)).count == runs.count, "seed \(seed)")
        #expect(runs.allSatisfy { $0.state.isFinished }, "seed \(seed)")
        for date in dates where date.runID != nil {
            #expect(runs.contains { $0.key.runID == date.runID && $0.logicalDate == date.scheduled.logicalDate }, "seed \(seed)")
        }
    }
}

private struct SimulatedBackfill {
    /// Keeps what is launched until a step ends it.
    final class Hands: Executor {
        let launches = Mutex<[LaunchID]>([])

        func launch(_ launch: TaskLaunch) async { launches.withLock { $0.append(launch.id) } }
        func terminate(_ id: LaunchID, reason: TerminationReason) async {}
        func settle(_ launches: [TaskLaunch]) async { self.launches.withLock { $0 += launches.map(\.id) } }
        func shutdown() async {}

        func takeOne(_ number: Int) -> LaunchID? {
            launches.withLock { $0.isEmpty ? nil : $0.remove(at: number % $0.count) }
        }
    }

    let store = InMemoryStore()
    let clock = TestClock(start: BackfillSimulationTests.midnight + BackfillSimulationTests.day * 99)
    private var random: SplitMix64
    private var hands = Hands()
    private var mailbox = SchedulerMailbox()
    private var scheduler: Scheduler
    private let versions: BackfillRunTests.Versions

    init(seed: UInt64) async throws {
        random = SplitMix64(seed: seed)
        var builder = DAGBuilder("d")
        builder.task("a") { $0.retry.retries = 1 }
        versions = BackfillRunTests.Versions(dags: [try builder.build()])
        var backfill = BackfillPlannerTests.backfill(0, max: 1 + Int(random.next() % 3))
        backfill.dagVersionID = BackfillRunTests.Versions.id(0)
        backfill.reprocessBehavior = [.none, .failed, .completed][Int(random.next() % 3)]
        _ = try await store.createBackfill(backfill, runs: BackfillPlannerTests.dates(BackfillSimulationTests.days, of: 0))
        scheduler = Self.scheduler(store, hands, mailbox, clock, versions)
        try await begin()
    }

    private static func scheduler(
        _ store: InMemoryStore, _ hands: Hands, _ mailbox: SchedulerMailbox, _ clock: TestClock,
        _ versions: BackfillRunTests.Versions
    ) -> Scheduler {
        let planning = Planning(
            [TimePlanner(), BackfillPlanner()], maker: RunMaker(store: store, dags: versions), askPython: { _ in },
            askMapper: { _ in }, note: { _ in })
        var retry = CommitRetry()
        retry.attempts = 1
        return Scheduler(
            machine: BackfillLimitTests.machine(), store: store, executor: hands, mailbox: mailbox,
            wallClock: clock.wallClock, clock: clock, epoch: 0, planning: planning, retry: retry)
    }

    /// As the service does at a start.
    private func begin() async throws {
        mailbox.post(.backfillsChanged(try await store.openBackfills()))
        var schedule = try TimePlannerTests.schedule()
        schedule.trigger = .none
        mailbox.post(.schedulesChanged([schedule]))
        let loader = RunSnapshotLoader(store: store)
        var snapshots: [RunSnapshot] = []
        for run in try await store.runs(RunFilter(dagID: "d", states: [.queued, .running])) {
            snapshots.append(try await loader.load(run, dag: versions.dags[0], xcoms: store))
        }
        try await scheduler.takeOver(snapshots)
    }

    /// A start may itself meet a store that fails, and is then tried again.
    private mutating func crash() async throws {
        (hands, mailbox) = (Hands(), SchedulerMailbox())
        scheduler = Self.scheduler(store, hands, mailbox, clock, versions)
        do {
            try await begin()
        } catch is StoreError {
            store.withCore { $0.commitFaults = [:] }
            try await crash()
        }
    }

    mutating func step() async throws {
        switch random.next() % 12 {
        case 0: try await crash()
        case 1: fault(.beforeEffect(.full))
        case 2: fault(.afterEffect(.full))
        case 3: try await pause(random.next() % 2 == 0)
        case 4: try await makeRun()
        case 5...9:
            if let id = hands.takeOne(Int(random.next() % 97)) {
                mailbox.post(.taskEnded(id, random.next() % 4 == 0 ? .failed(reason: "x") : .success()))
            }
        default: clock.advance(by: .seconds(600))
        }
        try await turn()
    }

    /// A commit that fails ends the scheduler, as it ends the process.
    private mutating func turn() async throws {
        do {
            try await scheduler.turn()
        } catch {
            store.withCore { $0.commitFaults = [:] }
            try await crash()
        }
        try await check()
    }

    private func fault(_ fault: InMemoryStoreCore.CommitFault) {
        store.withCore { $0.commitFaults = [$0.commitCount + 1: fault] }
    }

    private func pause(_ isPaused: Bool) async throws {
        guard try await store.setBackfillPaused(isPaused, id: 1, at: clock.timestamp) else { return }
        mailbox.post(.backfillsChanged(try await store.openBackfills()))
    }

    /// Somebody else makes a run of one of the dates, which is over at once.
    private mutating func makeRun() async throws {
        let date = BackfillSimulationTests.midnight
            + BackfillSimulationTests.day * Int(random.next() % UInt64(BackfillSimulationTests.days))
        var filter = RunFilter(dagID: "d")
        filter.logicalDates = [date]
        guard try await store.runs(filter).isEmpty else { return }
        var run = DAGRun(
            key: RunKey(dagID: "d", runID: RunType.manual.runID(runAfter: date)), type: .manual, runAfter: date,
            triggeredBy: .cli)
        (run.logicalDate, run.startDate, run.endDate) = (date, date, date)
        run.state = random.next() % 2 == 0 ? .success : .failed
        run.dagVersionID = BackfillRunTests.Versions.id(0)
        store.withCore { $0.commitFaults = [:] }
        try await store.commit([.saveRun(run)], epoch: 0)
    }

    private func check() async throws {
        let found = try await StoreAudit(store: store, clock: TestClock(isAutomatic: true)).run(isFull: true)
        #expect(found.isEmpty, "\(found)")
    }

    /// Lets everything go on to its end, within a bound.
    mutating func settle() async throws {
        store.withCore { $0.commitFaults = [:] }
        try await pause(false)
        for _ in 0..<400 {
            if try await isCompleted() { return }
            if let id = hands.takeOne(0) { mailbox.post(.taskEnded(id, .success())) }
            clock.advance(by: .seconds(600))
            try await turn()
        }
    }

    func isCompleted() async throws -> Bool {
        try await store.backfills(BackfillFilter()).allSatisfy { $0.completedAt != nil }
    }
}
