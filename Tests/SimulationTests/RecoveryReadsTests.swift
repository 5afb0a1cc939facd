import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

/// L4: a start reads what is active, whatever the store has of the past.
@Suite struct RecoveryReadsTests {
    @Test func aStartReadsOnlyWhatIsActive() async throws {
        let short = try await rowsRead(history: 5)
        let long = try await rowsRead(history: 400)
        #expect(short == long)
        // Two runs, their three tasks each, and the run before the first of them with its tasks, for `depends_on_past`.
        #expect(short > 0 && short <= 20)
    }

    /// Rows that going on with two runs reads from a store with so many finished ones.
    private func rowsRead(history: Int) async throws -> Int {
        var builder = DAGBuilder("d")
        for name in ["a", "b", "c"] { builder.task(name) { $0.dependsOnPast = true } }
        let dag = try builder.build()
        let inner = InMemoryStore()
        let store = CountingRunStore(inner)
        let epoch = try await inner.takeLeadership(holder: "h", at: Self.noon)
        for number in 0..<history + 2 {
            try await inner.commit(Self.changes(number, isFinished: number < history), epoch: epoch)
        }
        let loader = RunSnapshotLoader(store: store)
        var snapshots: [RunSnapshot] = []
        for run in try await store.runs(RunFilter(dagID: nil, states: [.queued, .running])) {
            snapshots.append(try await loader.load(run, dag: dag, xcoms: inner))
        }
        let mailbox = SchedulerMailbox()
        let clock = TestClock()
        let scheduler = Scheduler(
            machine: SchedulerStateMachine(limits: SchedulerLimits(), pools: try await inner.pools(), seed: 1),
            store: store, executor: IdleExecutor(), mailbox: mailbox, wallClock: clock.wallClock, clock: clock, epoch: epoch)
        try await scheduler.takeOver(snapshots)
        return store.rows
    }

    private static let noon = Timestamp(microseconds: 1_767_225_600_000_000)

    private static func changes(_ number: Int, isFinished: Bool) -> [StoreChange] {
        let date = noon + .seconds(number)
        var run = DAGRun(key: RunKey(dagID: "d", runID: "r\(number)"), type: .scheduled, runAfter: date, triggeredBy: .timetable)
        (run.logicalDate, run.startDate) = (date, date)
        run.state = isFinished ? .success : .running
        run.endDate = isFinished ? date : nil
        let tasks = ["a", "b", "c"].enumerated().map { index, name in
            var task = TaskInstance(
                id: UUID7(high: UInt64(number) << 16 | 0x7000, low: UInt64(index)), key: TaskInstanceKey(run: run.key, taskID: name))
            task.state = isFinished ? .success : nil
            task.endDate = isFinished ? date : nil
            return task
        }
        return [.saveRun(run)] + tasks.map { .saveTask($0) }
    }
}

/// Runs nothing.
private struct IdleExecutor: Executor {
    func launch(_ launch: TaskLaunch) async {}
    func terminate(_ id: LaunchID, reason: TerminationReason) async {}
    func settle(_ launches: [TaskLaunch]) async {}
    func shutdown() async {}
}

/// Counts the rows that it hands out.
private final class CountingRunStore: RunStore {
    private let inner: InMemoryStore
    private let count = Mutex(0)

    init(_ inner: InMemoryStore) { self.inner = inner }

    var rows: Int { count.withLock { $0 } }

    private func counted<Row>(_ rows: [Row]) -> [Row] {
        count.withLock { $0 += rows.count }
        return rows
    }

    private func counted<Row>(_ row: Row?) -> Row? {
        if row != nil { count.withLock { $0 += 1 } }
        return row
    }

    func commit(_ changes: [StoreChange], epoch: Int64) async throws { try await inner.commit(changes, epoch: epoch) }
    func run(_ key: RunKey) async throws -> DAGRun? { counted(try await inner.run(key)) }
    func runs(_ filter: RunFilter) async throws -> [DAGRun] { counted(try await inner.runs(filter)) }
    func countRuns(_ filter: RunFilter) async throws -> Int { try await inner.countRuns(filter) }
    func previousRun(dagID: String, before date: Timestamp, states: [RunState]) async throws -> DAGRun? {
        counted(try await inner.previousRun(dagID: dagID, before: date, states: states))
    }
    func lastAutomatedRuns() async throws -> [DAGRun] { counted(try await inner.lastAutomatedRuns()) }
    func lastPartitionedRuns() async throws -> [DAGRun] { counted(try await inner.lastPartitionedRuns()) }
    func taskInstances(_ filter: TaskFilter) async throws -> [TaskInstance] { counted(try await inner.taskInstances(filter)) }
    func taskInstance(id: UUID7) async throws -> TaskInstance? { counted(try await inner.taskInstance(id: id)) }
    func history(_ key: TaskInstanceKey) async throws -> [TaskInstance] { counted(try await inner.history(key)) }
    func deleteRun(_ key: RunKey) async throws -> Bool { try await inner.deleteRun(key) }
    func reschedules(tryID: UUID7) async throws -> [TaskReschedule] { counted(try await inner.reschedules(tryID: tryID)) }
    func setRenderedFields(_ fields: JSONObject, of key: TaskInstanceKey) async throws {
        try await inner.setRenderedFields(fields, of: key)
    }
    func renderedFields(of key: TaskInstanceKey) async throws -> JSONObject? { try await inner.renderedFields(of: key) }
    func setNote(_ note: String?, run: RunKey) async throws { try await inner.setNote(note, run: run) }
}
