import PipelineCore
import Testing

@Suite struct BackfillPlannerTests {
    static let midnight = TimePlannerTests.midnight
    static let day = TimePlannerTests.day

    var planner = BackfillPlanner()

    static func backfill(_ id: Int = 1, max maxActiveRuns: Int = 2, dagID: String = "d") -> Backfill {
        var backfill = Backfill(dagID: dagID, fromDate: midnight, toDate: midnight + day * 9, createdAt: midnight)
        (backfill.id, backfill.maxActiveRuns) = (id, maxActiveRuns)
        backfill.dagVersionID = UUID7(high: 0x7009, low: 1 << 63)
        return backfill
    }

    static func dates(_ count: Int, of id: Int = 1) -> [BackfillRun] {
        (0..<count).map { BackfillRun(backfillID: id, sortOrdinal: $0 + 1, scheduled: .exact(midnight + day * $0)) }
    }

    static func open(_ count: Int, _ backfill: Backfill = backfill()) -> SchedulerEvent {
        .backfillsChanged([OpenBackfill(backfill, openRuns: dates(count, of: backfill.id))])
    }

    static func schedule(isPaused: Bool = false) throws -> SchedulerEvent {
        .schedulesChanged([try TimePlannerTests.schedule(isPaused: isPaused)])
    }

    /// What one turn gives: the runs are created, and end at once where `endsAtOnce`.
    mutating func turn(
        _ events: [SchedulerEvent] = [], changes: [StoreChange] = [], endsAtOnce: Bool = false, day: Int = 100
    ) -> (runs: [DAGRun], changes: [StoreChange]) {
        var turn = PlanningTurn(now: Self.midnight + Self.day * day, events: events, changes: changes)
        var (runs, all) = ([DAGRun](), [StoreChange]())
        while true {
            let plan = planner.plan(turn)
            all += plan.changes
            if plan.runs.isEmpty { return (runs, all) }
            var following: [StoreChange] = []
            for planned in plan.runs {
                runs.append(planned.run)
                following.append(.saveRun(planned.run))
                if endsAtOnce { following.append(ended(planned.run)) }
                following += planned.changes
            }
            all += following
            turn = PlanningTurn(now: turn.now, changes: following, isFirst: false)
        }
    }

    func ended(_ run: DAGRun) -> StoreChange {
        var run = run
        (run.state, run.endDate) = (.success, Self.midnight + Self.day * 100)
        return .saveRun(run)
    }

    func finished(_ changes: [StoreChange]) -> [Int] {
        changes.compactMap { if case .finishBackfill(let id, _, _) = $0 { id } else { nil } }
    }

    @Test mutating func runsAreMadeAsFarAsTheBackfillHasRoom() throws {
        let first = turn([try Self.schedule(), Self.open(3)]).runs
        #expect(first.map(\.key.runID) == ["backfill__2026-01-01T00:00:00+00:00", "backfill__2026-01-02T00:00:00+00:00"])
        #expect(first.allSatisfy { $0.type == .backfill && $0.triggeredBy == .backfill && $0.backfillID == 1 })
        #expect(first[0].dagVersionID == Self.backfill().dagVersionID)
        #expect(turn().runs.isEmpty)
        #expect(planner.nextWake == nil)
        let (next, changes) = turn(changes: [ended(first[1])])
        #expect(next.map(\.logicalDate) == [Self.midnight + Self.day * 2])
        #expect(finished(changes).isEmpty)
        #expect(finished(turn(changes: [ended(first[0])]).changes).isEmpty)
        #expect(finished(turn(changes: [ended(next[0])]).changes) == [1])
        #expect(turn([Self.open(3)]).runs.isEmpty, "a list that was read before the end")
    }

    @Test mutating func aTurnGivesNoMoreThanTheBackfillMayHaveAtOnce() throws {
        #expect(turn([try Self.schedule(), Self.open(5)], endsAtOnce: true).runs.count == 2)
        #expect(planner.nextWake == Self.midnight + Self.day * 100)
        #expect(turn(endsAtOnce: true).runs.count == 2)
        let (last, changes) = turn(endsAtOnce: true)
        #expect(last.count == 1)
        #expect(finished(changes) == [1])
        #expect(planner.nextWake == nil)
    }

    @Test mutating func aPausedBackfillWaitsAndIsNotDone() throws {
        var paused = Self.backfill()
        paused.isPaused = true
        #expect(turn([try Self.schedule(), Self.open(1, paused)]).runs.isEmpty)
        let (runs, _) = turn([Self.open(0)])
        #expect(runs.count == 1, "the dates that are known count, not those of the second list")
    }

    @Test mutating func aPausedOrMissingDAGHoldsItsBackfillUp() throws {
        #expect(turn([Self.open(1)]).runs.isEmpty)
        #expect(turn([try Self.schedule(isPaused: true)]).runs.isEmpty)
        #expect(turn([.dagPaused(dagID: "d", false)]).runs.count == 1)
        #expect(turn([.schedulesRemoved(["d"]), Self.open(1, Self.backfill(2))]).runs.isEmpty)
    }

    @Test mutating func runsThatTheStoreHoldsTakeRoom() throws {
        var run = BackfillStep(backfill: Self.backfill(), date: Self.dates(1)[0]).run(at: Self.midnight)
        run.state = .running
        let dag = try DAG(header: DAGHeader(id: "d"), tasks: [], rootGroup: TaskGroup(id: nil))
        let loaded = SchedulerEvent.runLoaded(RunSnapshot(run: run, dag: dag))
        let open = OpenBackfill(Self.backfill(), openRuns: Array(Self.dates(3).dropFirst()))
        #expect(turn([loaded, try Self.schedule(), .backfillsChanged([open])]).runs.count == 1)
    }

    @Test mutating func aDateThatIsRefusedMakesRoomForTheNext() throws {
        let plan = planner.plan(
            PlanningTurn(now: Self.midnight, events: [try Self.schedule(), Self.open(2, Self.backfill(max: 1))]))
        let step = try #require(plan.runs.first?.step)
        let refused = step.settled(.alreadyExists)
        let next = planner.plan(PlanningTurn(now: Self.midnight, changes: [refused]))
        #expect(next.runs.map(\.step?.date.sortOrdinal) == [2])
        let last = planner.plan(PlanningTurn(now: Self.midnight, changes: [try #require(next.runs.first?.step).settled(.inFlight)]))
        #expect(finished(last.changes) == [1])
    }

    @Test mutating func aCancelledBackfillIsOver() throws {
        let first = turn([try Self.schedule(), Self.open(5)]).runs
        let (runs, changes) = turn([.backfillCancelled(1)])
        #expect(runs.isEmpty)
        #expect(changes == [.finishBackfill(id: 1, at: Self.midnight + Self.day * 100, isCancelled: true)])
        #expect(turn(changes: [ended(first[0])]).runs.isEmpty)
        #expect(turn([.backfillCancelled(1)]).changes.isEmpty)
    }

    @Test mutating func aBackfillOfDatesThatAllExistIsDoneAtOnce() throws {
        #expect(finished(turn([try Self.schedule(), Self.open(0)]).changes) == [1])
    }
}
