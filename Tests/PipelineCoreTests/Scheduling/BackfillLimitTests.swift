import PipelineCore
import PipelineTestSupport
import Testing

/// Limits of runs of backfills in the state machine.
@Suite struct BackfillLimitTests {
    static let noon = Timestamp(seconds: 1_767_268_800)

    static func run(_ number: Int, backfill: Int?) -> DAGRun {
        var run = DAGRun(
            key: RunKey(dagID: "d", runID: "r\(number)"), type: backfill == nil ? .manual : .backfill,
            runAfter: noon - .seconds(1_000 - number), triggeredBy: .cli)
        (run.logicalDate, run.backfillID) = (run.runAfter, backfill)
        return run
    }

    static func dag() throws -> DAG {
        var builder = DAGBuilder("d")
        builder.header.maxActiveRuns = 1
        builder.task("t")
        return try builder.build()
    }

    static func limit(_ maximum: Int, isPaused: Bool = false) -> SchedulerEvent {
        var backfill = Backfill(dagID: "d", fromDate: noon, toDate: noon, createdAt: noon)
        (backfill.id, backfill.maxActiveRuns, backfill.isPaused) = (7, maximum, isPaused)
        return .backfillsChanged([OpenBackfill(backfill, openRuns: [])])
    }

    static func machine() -> SchedulerStateMachine {
        SchedulerStateMachine(
            limits: SchedulerLimits(), pools: [Pool(name: Pool.defaultName, slots: 4)], seed: 1)
    }

    static func states(_ machine: borrowing SchedulerStateMachine, _ count: Int) -> [RunState?] {
        (1...count).map { machine.run(RunKey(dagID: "d", runID: "r\($0)"))?.state }
    }

    @Test func runsOfABackfillAreCountedApart() throws {
        var machine = Self.machine()
        let dag = try Self.dag()
        _ = machine.handle(Self.limit(2), now: Self.noon)
        for (number, backfill) in [(1, nil), (2, nil), (3, 7), (4, 7), (5, 7)] as [(Int, Int?)] {
            _ = machine.handle(.runCreated(RunSnapshot(run: Self.run(number, backfill: backfill), dag: dag)), now: Self.noon)
        }
        #expect(Self.states(machine, 5) == [.running, .queued, .running, .running, .queued])
        _ = machine.handle(Self.limit(3), now: Self.noon)
        #expect(Self.states(machine, 5) == [.running, .queued, .running, .running, .running])
        #expect(machine.audit() == [])
    }

    @Test func aPausedBackfillStartsNothingAndSaysSo() throws {
        var machine = Self.machine()
        _ = machine.handle(Self.limit(2, isPaused: true), now: Self.noon)
        let run = Self.run(1, backfill: 7)
        _ = machine.handle(.runCreated(RunSnapshot(run: run, dag: try Self.dag())), now: Self.noon)
        #expect(Self.states(machine, 1) == [.queued])
        let checks = machine.explain(TaskInstanceKey(run: run.key, taskID: "t"), now: Self.noon)
        #expect(checks.first?.reason == "The run is queued: backfill 7 is paused.")
        _ = machine.handle(Self.limit(2), now: Self.noon)
        #expect(Self.states(machine, 1) == [.running])
    }

    @Test func aCancelledBackfillFailsWhatWaitsAndLeavesWhatRuns() throws {
        var machine = Self.machine()
        let dag = try Self.dag()
        _ = machine.handle(Self.limit(1), now: Self.noon)
        for number in 1...2 {
            _ = machine.handle(.runCreated(RunSnapshot(run: Self.run(number, backfill: 7), dag: dag)), now: Self.noon)
        }
        let actions = machine.handle(.backfillCancelled(7), now: Self.noon)
        let saved = actions.compactMap { if case .store(.saveRun(let run)) = $0 { run } else { nil } }
        #expect(saved.map(\.key.runID) == ["r2"])
        #expect(saved.map(\.state) == [.failed])
        #expect(Self.states(machine, 1) == [.running])
    }

    @Test func aRunOfACancelledBackfillRunsAgainWhenItIsCleared() throws {
        var machine = Self.machine()
        let (run, dag) = (Self.run(1, backfill: 7), try Self.dag())
        _ = machine.handle(Self.limit(2), now: Self.noon)
        _ = machine.handle(.runCreated(RunSnapshot(run: run, dag: dag)), now: Self.noon)
        _ = machine.handle(Self.limit(2, isPaused: true), now: Self.noon)
        _ = machine.handle(.backfillCancelled(7), now: Self.noon)
        _ = machine.handle(.runCancelled(run.key, reason: "x"), now: Self.noon)
        _ = machine.handle(.tasksCleared(ClearRequest(run: run.key)), now: Self.noon)
        #expect(Self.states(machine, 1) == [.running])
    }

    @Test func backfillsComeAfterOtherRunsOfTheSamePriority() throws {
        var limits = SchedulerLimits()
        limits.parallelism = 1
        var machine = SchedulerStateMachine(limits: limits, pools: [Pool(name: Pool.defaultName, slots: 4)], seed: 1)
        var builder = DAGBuilder("d")
        builder.task("t")
        let dag = try builder.build()
        _ = machine.handle(Self.limit(9), now: Self.noon)
        // An older date, which would come first otherwise.
        for (number, backfill) in [(1, 7), (2, 7), (3, nil)] as [(Int, Int?)] {
            _ = machine.handle(.runLoaded(RunSnapshot(run: Self.run(number, backfill: backfill), dag: dag)), now: Self.noon)
        }
        let actions = machine.handle(.timeReached, now: Self.noon)
        #expect(actions.compactMap { if case .launch(let launch) = $0 { launch.run.key.runID } else { nil } } == ["r3"])
    }
}
