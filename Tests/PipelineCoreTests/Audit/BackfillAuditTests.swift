import PipelineCore
import PipelineTestSupport
import Testing

@Suite struct BackfillAuditTests {
    static let noon = StoreAuditTests.noon
    let store = InMemoryStore()

    func backfill(_ dates: Int, max maxActiveRuns: Int = 1) async throws -> Backfill {
        var backfill = Backfill(dagID: "d", fromDate: Self.noon, toDate: Self.noon, createdAt: Self.noon)
        backfill.maxActiveRuns = maxActiveRuns
        let runs = (0..<dates).map {
            BackfillRun(sortOrdinal: $0 + 1, scheduled: .exact(Self.noon + .seconds(60 * $0)))
        }
        return try await store.createBackfill(backfill, runs: runs)
    }

    func run(_ backfill: Backfill, _ number: Int, _ state: RunState = .running) -> DAGRun {
        var run = DAGRun(
            key: RunKey(dagID: "d", runID: "r\(number)"), type: .backfill, runAfter: Self.noon, triggeredBy: .backfill)
        (run.state, run.backfillID, run.startDate) = (state, backfill.id, Self.noon)
        run.logicalDate = Self.noon + .seconds(60 * number)
        run.dagVersionID = UUID7(high: 0x7001, low: 1 << 63)
        if state.isFinished { run.endDate = Self.noon + .seconds(1) }
        return run
    }

    func commit(_ backfill: Backfill, _ runs: [DAGRun], datesOf: [Int]) async throws {
        let dates = try await store.backfillRuns(id: backfill.id)
        var changes = runs.map { StoreChange.saveRun($0) }
        for (date, run) in zip(dates, datesOf) {
            var row = date
            row.runID = "r\(run)"
            changes.append(.saveBackfillRun(row))
        }
        try await store.commit(changes, epoch: 0)
    }

    func rules(isFull: Bool = true) async throws -> [String] {
        try await StoreAudit(store: store, clock: TestClock(isAutomatic: true)).run(isFull: isFull).map(\.rule)
    }

    @Test func aSoundBackfillHasNothingToReport() async throws {
        let backfill = try await backfill(3)
        try await commit(backfill, [run(backfill, 0)], datesOf: [0])
        #expect(try await rules() == [])
        #expect(try await rules(isFull: false) == [])
    }

    @Test func tooManyRunningRunsAreFound() async throws {
        let backfill = try await backfill(2)
        try await commit(backfill, [run(backfill, 0), run(backfill, 1)], datesOf: [0, 1])
        #expect(try await rules(isFull: false) == ["backfill_overfull"])
    }

    @Test func aRunOfNoBackfillAndARunOfNoDateAreFound() async throws {
        let backfill = try await backfill(2)
        var stray = run(backfill, 1, .success)
        stray.backfillID = 99
        try await commit(backfill, [run(backfill, 0), stray], datesOf: [])
        #expect(try await rules() == ["unknown_backfill", "backfill_run_without_date"])
    }

    @Test func datesThatWereLostAreFound() async throws {
        let backfill = try await backfill(2)
        try await commit(backfill, [run(backfill, 0, .success)], datesOf: [0])
        try await store.commit([.finishBackfill(id: backfill.id, at: Self.noon, isCancelled: false)], epoch: 0)
        #expect(try await rules() == ["backfill_lost_dates"])
        #expect(try await rules(isFull: false) == [])
    }

    @Test func aRunOfAnotherDateIsFound() async throws {
        let backfill = try await backfill(2)
        try await commit(backfill, [run(backfill, 1, .success)], datesOf: [1])
        #expect(try await rules() == ["backfill_date"])
    }
}
