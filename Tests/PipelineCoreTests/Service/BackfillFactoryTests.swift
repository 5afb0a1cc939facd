import PipelineCore
import PipelineTestSupport
import Testing

@Suite struct BackfillFactoryTests {
    static let midnight = TimePlannerTests.midnight
    static let day = TimePlannerTests.day

    let store = InMemoryStore()
    let clock = TestClock(start: midnight + day * 5 + .seconds(3_600))

    func factory(
        _ definition: TimetableDefinition = .cronTrigger(
            expression: "0 0 * * *", timezone: "UTC", interval: .zero, runImmediately: .never),
        _ configure: (inout DAGBuilder) -> Void = { _ in }
    ) throws -> BackfillFactory {
        var builder = DAGBuilder("d")
        builder.header.timetable = definition
        builder.empty("a")
        configure(&builder)
        let timetable = try TimetableFactory { _ in .utc }.timetable(definition)
        let clock = clock
        return BackfillFactory(
            store: store, dags: PlannedRunTests.OneDAG(dag: try builder.build()), wallClock: clock.wallClock
        ) { _, last, restriction in timetable?.nextRun(after: last, within: restriction, now: clock.timestamp) }
    }

    func request(from: Int = 0, to: Int = 3, _ configure: (inout BackfillRequest) -> Void = { _ in }) -> BackfillRequest {
        var request = BackfillRequest(
            dagID: "d", fromDate: Self.midnight + Self.day * from, toDate: Self.midnight + Self.day * to)
        configure(&request)
        return request
    }

    func refused(_ factory: BackfillFactory, _ request: BackfillRequest) async throws -> BackfillError.Code? {
        do {
            _ = try await factory.create(request)
            return nil
        } catch let error as BackfillError {
            return error.code
        }
    }

    func days(_ runs: [BackfillRun]) -> [Int64] {
        runs.map { ($0.scheduled.logicalDate - Self.midnight).microseconds / Self.day.microseconds }
    }

    @Test func bothEndsOfTheRangeBelongToIt() async throws {
        let made = try await factory().create(request { $0.maxActiveRuns = 3 })
        #expect((made.maxActiveRuns, made.reprocessBehavior, made.runOnLatestVersion) == (3, .none, true))
        #expect(made.dagVersionID == PlannedRunTests.OneDAG(dag: try DAGBuilder("d").build()).versionID)
        let runs = try await store.backfillRuns(id: made.id)
        #expect(days(runs) == [0, 1, 2, 3])
        #expect(runs.map(\.sortOrdinal) == [1, 2, 3, 4])
    }

    @Test func backwardsBeginsWithTheNewest() async throws {
        let made = try await factory().create(request { $0.runBackwards = true })
        #expect(days(try await store.backfillRuns(id: made.id)) == [3, 2, 1, 0])
    }

    @Test func whatIsNotOverYetIsLeftOut() async throws {
        let daily = TimetableDefinition.cronDataInterval(expression: "0 0 * * *", timezone: "UTC")
        let (_, intervals) = try await factory(daily).plan(request(from: 3, to: 9))
        #expect(days(intervals) == [3, 4])
        let (_, ticks) = try await factory().plan(request(from: 3, to: 9))
        #expect(days(ticks) == [3, 4, 5])
    }

    @Test func runsThatAreThereAreNotedByTheBehavior() async throws {
        for (day, state) in [(0, RunState.success), (1, .failed), (2, .running)] {
            var run = DAGRun(
                key: RunKey(dagID: "d", runID: "r\(day)"), type: .scheduled, runAfter: Self.midnight + Self.day * day,
                triggeredBy: .timetable)
            (run.state, run.logicalDate) = (state, run.runAfter)
            if state.isFinished { run.endDate = run.runAfter }
            try await store.commit([.saveRun(run)], epoch: 0)
        }
        let cases: [(ReprocessBehavior, [BackfillExceptionReason?])] = [
            (.none, [.alreadyExists, .alreadyExists, .inFlight, nil]), (.failed, [.alreadyExists, nil, .inFlight, nil]),
            (.completed, [nil, nil, .inFlight, nil]),
        ]
        for (behavior, reasons) in cases {
            let wish = request { $0.reprocessBehavior = behavior }
            let (_, runs) = try await factory().plan(wish)
            #expect(runs.map(\.exceptionReason) == reasons)
            #expect(try await factory().dryRun(wish).count == reasons.count { $0 == nil })
        }
    }

    @Test func oneBackfillOfADAGAtATime() async throws {
        let factory = try factory()
        #expect(try await refused(factory, request()) == nil)
        #expect(try await refused(factory, request(from: 4, to: 4)) == .alreadyRunning)
        #expect(try await factory.dryRun(request()).count == 4)
    }

    @Test func whatCannotBeIsRefused() async throws {
        let daily = try factory()
        #expect(try await refused(daily, request(from: 3, to: 2)) == .dateRange)
        #expect(try await refused(daily, request(from: 6, to: 9)) == .futureDate)
        var half = request()
        (half.fromDate, half.toDate) = (Self.midnight + .seconds(60), Self.midnight + .seconds(120))
        #expect(try await refused(daily, half) == .noRuns)
        var unknown = request()
        unknown.dagID = "other"
        #expect(try await refused(daily, unknown) == .dagNotFound)
        for definition in [TimetableDefinition.null, .once, .continuous, .assetTriggered(condition: .null)] {
            #expect(try await refused(factory(definition), request()) == .nonPeriodicSchedule)
        }
        let partitioned = TimetableDefinition.custom(
            path: "airflow.timetables.trigger.CronPartitionTimetable", arguments: .null)
        #expect(try await refused(factory(partitioned), request()) == .partitioned)
        #expect(try await refused(try factory { $0.header.allowedRunTypes = [.manual] }, request()) == .runTypeNotAllowed)
        #expect(try await store.backfills(BackfillFilter()).isEmpty)
    }

    @Test func tasksThatDependOnThePastNeedABehaviorAndGoForwards() async throws {
        let factory = try factory { $0.task("p") { $0.dependsOnPast = true } }
        #expect(try await refused(factory, request()) == .reprocessBehavior)
        #expect(try await refused(factory, request { $0.reprocessBehavior = ReprocessBehavior.none }) == .reprocessBehavior)
        #expect(try await refused(factory, request { $0.reprocessBehavior = .failed; $0.runBackwards = true }) == .direction)
        #expect(try await refused(factory, request { $0.reprocessBehavior = .failed }) == nil)
    }

    @Test func aRangeWithoutEndIsBounded() async throws {
        let secondly = TimetableDefinition.deltaTrigger(delta: .init(duration: .seconds(1)), interval: .init())
        #expect(try await refused(factory(secondly), request(from: 0, to: 4)) == .tooManyRuns)
    }
}
