import PipelineCore
import Testing

@Suite struct TimePlannerTests {
    static let midnight = Timestamp(seconds: 1_767_225_600)
    static let day = Duration.seconds(86_400)

    var planner = TimePlanner()

    static func schedule(
        _ dagID: String = "d", catchup: Bool = false, start: Timestamp? = nil, end: Timestamp? = nil,
        maxActiveRuns: Int = 16, isPaused: Bool = false, last: DataInterval? = nil,
        _ definition: TimetableDefinition = .cronTrigger(
            expression: "0 0 * * *", timezone: "UTC", interval: .zero, runImmediately: .never)
    ) throws -> DAGSchedule {
        var header = DAGHeader(id: dagID)
        header.timetable = definition
        header.startDate = start
        header.endDate = end
        header.catchup = catchup
        header.maxActiveRuns = maxActiveRuns
        let timetable = try TimetableFactory { _ in .utc }.timetable(definition)
        return DAGSchedule(header, timetable: timetable, isPaused: isPaused, last: last)
    }

    /// Asks until the planner wants no more, as the scheduler does; the runs are queued.
    mutating func plan(_ events: [SchedulerEvent] = [], changes: [StoreChange] = [], at now: Timestamp) -> [DAGRun] {
        var (turn, made) = (PlanningTurn(now: now, events: events, changes: changes), [DAGRun]())
        while true {
            let plan = planner.plan(turn)
            if plan.isEmpty { return made }
            made += plan.runs.map(\.run)
            turn = PlanningTurn(now: now, changes: plan.runs.map { .saveRun($0.run) })
        }
    }

    func ended(_ run: DAGRun, at now: Timestamp) -> StoreChange {
        var run = run
        (run.state, run.endDate) = (.success, now)
        return .saveRun(run)
    }

    @Test mutating func aRunIsCreatedWhenItsTimeComesAndNotBefore() throws {
        let start = Self.midnight - .seconds(3_600)
        #expect(plan([.schedulesChanged([try Self.schedule()])], at: start).isEmpty)
        #expect(planner.nextWake == Self.midnight)
        #expect(plan([.timeReached], at: Self.midnight - .microseconds(1)).isEmpty)
        let runs = plan([.timeReached], at: Self.midnight)
        #expect(runs.map(\.key.runID) == ["scheduled__2026-01-01T00:00:00+00:00"])
        #expect(runs.first?.logicalDate == Self.midnight)
        #expect(runs.first?.type == .scheduled && runs.first?.triggeredBy == .timetable)
        #expect(planner.nextWake == Self.midnight + Self.day)
        #expect(plan([.timeReached], at: Self.midnight + .seconds(5)).isEmpty)
    }

    @Test mutating func runsOfPartitionsHaveAKeyAndNoLogicalDate() throws {
        let daily = TimetableDefinition.cronPartition(
            expression: "0 0 * * *", timezone: "UTC", runOffset: -1, keyFormat: "%Y/%m/%d", runImmediately: .never)
        let schedule = try Self.schedule(catchup: true, start: Self.midnight, daily)
        let runs = plan([.schedulesChanged([schedule])], at: Self.midnight + Self.day)
        #expect(runs.map(\.partitionKey) == ["2025/12/31", "2026/01/01"])
        #expect(runs.map(\.partitionDate) == [Self.midnight - Self.day, Self.midnight])
        #expect(runs.allSatisfy { $0.logicalDate == nil && $0.dataIntervalStart == nil && $0.type == .scheduled })
        // A run id may not have a slash.
        #expect(runs[0].key.runID.hasPrefix("scheduled__2026-01-01T00:00:00+00:00__2025_12_31__"))
        #expect(RunID.isValid(runs[0].key.runID))
        #expect(planner.nextWake == Self.midnight + Self.day * 2)
    }

    @Test mutating func aScheduleOfPartitionsBeginsAnewAfterOneWithout() throws {
        let hourly = TimetableDefinition.cronPartition(
            expression: "0 * * * *", timezone: "UTC", runOffset: 0, keyFormat: "%H", runImmediately: .never)
        let late = DataInterval.exact(Self.midnight + Self.day)
        #expect(plan([.schedulesChanged([try Self.schedule(catchup: true, start: Self.midnight, last: late)])], at: Self.midnight).isEmpty)
        let runs = plan(
            [.schedulesChanged([try Self.schedule(catchup: true, start: Self.midnight, hourly)])], at: Self.midnight)
        #expect(runs.map(\.partitionKey) == ["00"])
    }

    @Test mutating func catchupMakesEveryRunAsFarAsThereIsRoom() throws {
        let now = Self.midnight + Self.day * 4
        let schedule = try Self.schedule(catchup: true, start: Self.midnight, maxActiveRuns: 2)
        let first = plan([.schedulesChanged([schedule])], at: now)
        #expect(first.map(\.logicalDate) == [Self.midnight, Self.midnight + Self.day])
        #expect(planner.nextWake == nil)
        let second = plan(changes: [ended(first[0], at: now)], at: now)
        #expect(second.map(\.logicalDate) == [Self.midnight + Self.day * 2])
        let rest = plan(changes: [ended(first[1], at: now), ended(second[0], at: now)], at: now)
        #expect(rest.map(\.logicalDate) == [Self.midnight + Self.day * 3, Self.midnight + Self.day * 4])
        #expect(plan(changes: [ended(rest[0], at: now)], at: now).isEmpty)
        #expect(planner.nextWake == Self.midnight + Self.day * 5)
    }

    @Test mutating func withoutCatchupOnlyTheLatestIsMade() throws {
        let now = Self.midnight + Self.day * 4 + .seconds(60)
        let last = DataInterval.exact(Self.midnight)
        let runs = plan([.schedulesChanged([try Self.schedule(start: Self.midnight, last: last)])], at: now)
        #expect(runs.map(\.logicalDate) == [Self.midnight + Self.day * 4])
    }

    @Test mutating func aPausedDAGGetsNoRunsAndSkipsWhatItMissed() throws {
        let schedule = try Self.schedule(start: Self.midnight, isPaused: true, last: .exact(Self.midnight))
        #expect(plan([.schedulesChanged([schedule])], at: Self.midnight + Self.day).isEmpty)
        #expect(planner.nextWake == nil)
        let now = Self.midnight + Self.day * 3 + .seconds(1)
        #expect(plan([.dagPaused(dagID: "d", false)], at: now).map(\.logicalDate) == [Self.midnight + Self.day * 3])
        #expect(plan([.dagPaused(dagID: "d", true)], at: now).isEmpty)
        #expect(planner.nextWake == nil)
    }

    /// The folder is read, then somebody pauses the DAG, then what was read comes in.
    @Test mutating func aScheduleThatWasReadBeforeAPauseDoesNotUndoIt() throws {
        let read = try Self.schedule(start: Self.midnight, last: .exact(Self.midnight))
        _ = plan([.dagPaused(dagID: "d", true)], at: Self.midnight)
        #expect(plan([.schedulesChanged([read])], at: Self.midnight + Self.day).isEmpty)
        #expect(plan([.dagPaused(dagID: "d", false)], at: Self.midnight + Self.day).count == 1)
        let paused = try Self.schedule(start: Self.midnight, isPaused: true, last: .exact(Self.midnight))
        #expect(plan([.schedulesChanged([paused])], at: Self.midnight + Self.day * 2).count == 1)
    }

    @Test mutating func aDAGThatPausesItselfAfterFailuresStops() throws {
        _ = plan([.schedulesChanged([try Self.schedule()])], at: Self.midnight - .seconds(9))
        #expect(plan(changes: [.setPaused(dagID: "d", true)], at: Self.midnight).isEmpty)
        #expect(planner.nextWake == nil)
    }

    @Test mutating func runsOfABackfillTakeNoRoom() throws {
        var backfill = DAGRun(
            key: RunKey(dagID: "d", runID: "backfill__x"), type: .backfill, runAfter: Self.midnight,
            triggeredBy: .backfill)
        backfill.state = .running
        let events: [SchedulerEvent] = [.schedulesChanged([try Self.schedule(start: Self.midnight, maxActiveRuns: 1)])]
        #expect(plan(events, changes: [.saveRun(backfill)], at: Self.midnight).count == 1)
    }

    @Test mutating func aRunByHandTakesRoom() throws {
        var manual = DAGRun(
            key: RunKey(dagID: "d", runID: "m"), type: .manual, runAfter: Self.midnight, triggeredBy: .cli)
        manual.state = .running
        let events: [SchedulerEvent] = [.schedulesChanged([try Self.schedule(start: Self.midnight, maxActiveRuns: 1)])]
        #expect(plan(events, changes: [.saveRun(manual)], at: Self.midnight).isEmpty)
        #expect(plan(changes: [ended(manual, at: Self.midnight)], at: Self.midnight).count == 1)
    }

    @Test mutating func onceIsOnce() throws {
        let runs = plan([.schedulesChanged([try Self.schedule(start: Self.midnight, .once)])], at: Self.midnight + Self.day)
        #expect(runs.map(\.logicalDate) == [Self.midnight])
        #expect(plan(changes: [ended(runs[0], at: Self.midnight)], at: Self.midnight + Self.day * 9).isEmpty)
        #expect(planner.nextWake == nil)
    }

    @Test mutating func continuousGoesOnWhenTheRunEnds() throws {
        let schedule = try Self.schedule(start: Self.midnight, maxActiveRuns: 1, .continuous)
        let runs = plan([.schedulesChanged([schedule])], at: Self.midnight + .seconds(5))
        #expect(runs.count == 1)
        #expect(plan([.timeReached], at: Self.midnight + .seconds(7)).isEmpty)
        let next = plan(changes: [ended(runs[0], at: Self.midnight)], at: Self.midnight + .seconds(9))
        #expect(next.map(\.dataIntervalEnd) == [Self.midnight + .seconds(9)])
    }

    @Test mutating func noRunIsMadeAfterTheEndDate() throws {
        let schedule = try Self.schedule(catchup: true, start: Self.midnight, end: Self.midnight + Self.day)
        #expect(plan([.schedulesChanged([schedule])], at: Self.midnight + Self.day * 9).count == 2)
        #expect(planner.nextWake == nil)
    }

    @Test mutating func aChangedScheduleGoesOnAfterTheLastRun() throws {
        _ = plan([.schedulesChanged([try Self.schedule(start: Self.midnight)])], at: Self.midnight)
        let hourly = try Self.schedule(
            start: Self.midnight,
            .cronTrigger(expression: "0 * * * *", timezone: "UTC", interval: .zero, runImmediately: .never))
        #expect(plan([.schedulesChanged([hourly])], at: Self.midnight + .seconds(60)).isEmpty)
        #expect(planner.nextWake == Self.midnight + .seconds(3_600))
    }

    @Test mutating func aRemovedDAGGetsNoMoreRuns() throws {
        _ = plan([.schedulesChanged([try Self.schedule()])], at: Self.midnight - .seconds(9))
        #expect(plan([.schedulesRemoved(["d"])], at: Self.midnight).isEmpty)
        #expect(planner.nextWake == nil)
    }

    @Test mutating func runsThatTheStoreHoldsTakeRoom() throws {
        var run = DAGRun(
            key: RunKey(dagID: "d", runID: "r"), type: .scheduled, runAfter: Self.midnight, triggeredBy: .timetable)
        run.state = .running
        let loaded = RunSnapshot(run: run, dag: try DAG(header: DAGHeader(id: "d"), tasks: [], rootGroup: TaskGroup(id: nil)))
        let schedule = try Self.schedule(start: Self.midnight, maxActiveRuns: 1)
        #expect(plan([.runLoaded(loaded), .schedulesChanged([schedule])], at: Self.midnight).isEmpty)
    }

    @Test mutating func onlyPythonKnowsACustomTimetable() throws {
        let schedule = try Self.schedule("d", .custom(path: "m.T", arguments: .null))
        let plan = planner.plan(PlanningTurn(now: Self.midnight, events: [.schedulesChanged([schedule])]))
        let question = try #require(plan.questions.first)
        #expect(question.dagID == "d" && question.last == nil)
        let late = TimetableQuestion(dagID: "d", last: nil, restriction: question.restriction, number: question.number - 1)
        let next = ScheduledRun.exact(Self.midnight + Self.day)
        #expect(self.plan([.nextRunKnown(late, .exact(Self.midnight))], at: Self.midnight).isEmpty)
        #expect(planner.nextWake == nil)
        #expect(self.plan([.nextRunKnown(question, next)], at: Self.midnight).isEmpty)
        #expect(planner.nextWake == Self.midnight + Self.day)
        let due = planner.plan(PlanningTurn(now: Self.midnight + Self.day, events: [.timeReached]))
        #expect(due.runs.map(\.run.logicalDate) == [Self.midnight + Self.day])
        let after = planner.plan(PlanningTurn(now: Self.midnight + Self.day, changes: due.runs.map { .saveRun($0.run) }))
        #expect(after.questions.map(\.last) == [next.dataInterval])
    }
}
