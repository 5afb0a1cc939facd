import Foundation
import PipelineCore
import PipelineTestSupport
import Testing

/// Wishes for backfills: the same rows, runs and refusals as real Airflow (`scripts/make-backfill-golden.py`).
@Suite struct BackfillGoldenTests {
    static let cases: [JSONValue] = {
        let path = #filePath.replacing(/PipelineCoreTests\/.*/, with: "Fixtures/scheduling/backfills.json")
        guard let data = FileManager.default.contents(atPath: path),
            let value = try? JSONValue.parse(String(decoding: data, as: UTF8.self))
        else { return [] }
        return value.arrayValue ?? []
    }()

    static let now = Timestamp(iso8601: "2025-11-05T12:30:00+00:00") ?? Timestamp(microseconds: 0)

    static let errors: [String: BackfillError.Code] = [
        "DagNonPeriodicScheduleException": .nonPeriodicSchedule, "NoBackfillRunsToCreate": .noRuns,
        "InvalidBackfillDateRange": .dateRange, "InvalidBackfillDate": .futureDate,
        "InvalidBackfillDirection": .direction, "InvalidReprocessBehavior": .reprocessBehavior,
        "AlreadyRunningBackfill": .alreadyRunning, "DagRunTypeNotAllowed": .runTypeNotAllowed,
    ]

    @Test func thereAreCases() { #expect(Self.cases.count == 131) }

    @Test(arguments: cases.indices)
    func everyAnswerIsAirflows(_ index: Int) async throws {
        let item = Self.cases[index]
        let wish = try #require(item["wish"])
        let store = InMemoryStore()
        let existing = try await Self.existing(wish, store)
        let factory = try Self.factory(item, store)
        do {
            var made = try await factory.create(try Self.request(wish))
            if wish["again"] == true { made = try await factory.create(try Self.request(wish)) }
            #expect(item["error"] == nil, "\(wish.serialized())")
            try await Self.compare(made, existing, item, store)
        } catch let error as BackfillError {
            #expect(item["error"]?.stringValue.flatMap { Self.errors[$0] } == error.code, "\(wish.serialized()): \(error)")
        }
    }

    private static func compare(
        _ made: Backfill, _ existing: [String: DAGRun], _ item: JSONValue, _ store: InMemoryStore
    ) async throws {
        #expect(item["max_active_runs"]?.intValue == made.maxActiveRuns)
        #expect(item["behavior"]?.stringValue == made.reprocessBehavior.rawValue)
        let found = try await store.backfillRuns(id: made.id).map { date in row(date, made, existing) }
        #expect(found == item["dates"]?.arrayValue ?? [], "\(item["wish"]?.serialized() ?? "")")
    }

    /// In the form of the recording.
    private static func row(_ date: BackfillRun, _ backfill: Backfill, _ existing: [String: DAGRun]) -> JSONValue {
        let key = date.scheduled.logicalDate.isoFormat
        let head: [JSONValue] = [
            .int(date.sortOrdinal), .string(key), date.exceptionReason.map { .string($0.rawValue) } ?? .null,
        ]
        guard date.exceptionReason == nil else { return .array(head) }
        let step = BackfillStep(backfill: backfill, date: date)
        let old = existing[key]
        let run = old.map(step.adopting) ?? step.run(at: now)
        return .array(
            head + [
                .string(run.key.runID), time(run.dataIntervalStart), time(run.dataIntervalEnd), time(run.runAfter),
                .string(run.type.rawValue), .string(run.triggeredBy.rawValue), "queued", .int(old == nil ? 0 : 1),
                .object(run.conf),
            ])
    }

    private static func time(_ instant: Timestamp?) -> JSONValue { instant.map { .string($0.isoFormat) } ?? .null }

    private static func existing(_ wish: JSONValue, _ store: InMemoryStore) async throws -> [String: DAGRun] {
        var runs: [String: DAGRun] = [:]
        for pair in wish["existing"]?.arrayValue ?? [] {
            let day = try instant(pair.arrayValue?.first)
            let key = RunKey(dagID: "d", runID: RunType.scheduled.runID(runAfter: day))
            var run = DAGRun(key: key, type: .scheduled, runAfter: day, triggeredBy: .timetable)
            (run.logicalDate, run.dataIntervalStart, run.dataIntervalEnd, run.conf) = (day, day, day, ["own": 1])
            run.state = try #require(RunState(rawValue: pair.arrayValue?.last?.stringValue ?? ""))
            if run.state.isFinished { run.endDate = day }
            runs[day.isoFormat] = run
            try await store.commit([.saveRun(run)], epoch: 0)
        }
        return runs
    }

    private static func factory(_ item: JSONValue, _ store: InMemoryStore) throws -> BackfillFactory {
        var builder = DAGBuilder("d")
        builder.header.timetable = try definition(item["schedule"] ?? .null)
        builder.header.allowedRunTypes = item["wish"]?["allowed"]?.arrayValue?
            .compactMap { $0.stringValue.flatMap(RunType.init(rawValue:)) }
        builder.task("t") { $0.dependsOnPast = item["wish"]?["depends_on_past"] == true }
        let timetable = try TimetableFactory(zone: TimetableGoldenTests.zone).timetable(builder.header.timetable)
        let clock = TestClock(start: now)
        return BackfillFactory(
            store: store, dags: PlannedRunTests.OneDAG(dag: try builder.build()), wallClock: clock.wallClock
        ) { _, last, restriction in timetable?.nextRun(after: last, within: restriction, now: now) }
    }

    private static func definition(_ schedule: JSONValue) throws -> TimetableDefinition {
        switch schedule["kind"]?.stringValue {
        case "none": .null
        case "once": .once
        case "continuous": .continuous
        case "assets": .assetTriggered(condition: .null)
        default: try TimetableGoldenTests.definition(schedule)
        }
    }

    private static func request(_ wish: JSONValue) throws -> BackfillRequest {
        var request = BackfillRequest(
            dagID: "d", fromDate: try instant(wish["from"]), toDate: try instant(wish["to"]))
        request.maxActiveRuns = wish["max_active_runs"]?.intValue ?? request.maxActiveRuns
        request.runBackwards = wish["backwards"] == true
        request.conf = wish["conf"]?.objectValue
        request.reprocessBehavior = wish["behavior"]?.stringValue.flatMap(ReprocessBehavior.init(rawValue:))
        return request
    }

    private static func instant(_ value: JSONValue?) throws -> Timestamp {
        try #require(value?.stringValue.flatMap { Timestamp(iso8601: $0) })
    }
}
