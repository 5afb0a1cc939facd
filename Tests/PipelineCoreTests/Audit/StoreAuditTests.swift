import PipelineCore
import PipelineTestSupport
import Testing

@Suite struct StoreAuditTests {
    static let noon = Timestamp(seconds: 1_767_268_800)
    let store = InMemoryStore()

    func run(_ state: RunState, _ runID: String = "r", logicalDate: Timestamp? = nil) -> DAGRun {
        var run = DAGRun(key: RunKey(dagID: "d", runID: runID), type: .manual, runAfter: Self.noon, triggeredBy: .cli)
        (run.state, run.logicalDate, run.startDate) = (state, logicalDate, Self.noon)
        run.dagVersionID = UUID7(high: 0x7001, low: 1 << 63)
        if state.isFinished { run.endDate = Self.noon + .seconds(1) }
        return run
    }

    func task(_ taskID: String, _ state: TaskState?, _ number: UInt64 = 1) -> TaskInstance {
        let key = TaskInstanceKey(run: RunKey(dagID: "d", runID: "r"), taskID: taskID)
        var task = TaskInstance(id: UUID7(high: 0x7002, low: 1 << 63 | number), key: key)
        (task.state, task.launchNumber) = (state, 1)
        if state?.isFinished == true { (task.startDate, task.endDate) = (Self.noon, Self.noon + .seconds(1)) }
        return task
    }

    func rules(_ run: DAGRun, _ tasks: [TaskInstance]) async throws -> [String] {
        try await store.commit([.saveRun(run)] + tasks.map { .saveTask($0) }, epoch: 0)
        return try await found().map(\.rule)
    }

    func found(isFull: Bool = true) async throws -> [AuditFinding] {
        try await StoreAudit(store: store, clock: TestClock(isAutomatic: true)).run(isFull: isFull)
    }

    @Test func aSoundStoreHasNothingToReport() async throws {
        try await store.saveDAGRecords([
            DAGRecord(dagID: "d", isPaused: false, bundleName: "b", relativeFileLocation: "d.py", fileLocation: "/d.py")
        ])
        var waiting = task("c", .upForRetry, 3)
        waiting.nextLookAt = Self.noon
        #expect(try await rules(run(.running), [task("a", .success), task("b", .running, 2), waiting, task("e", nil, 4)]) == [])
    }

    @Test func aTaskThatOutlivesItsRunIsNamed() async throws {
        _ = try await rules(run(.success), [task("t", .running)])
        let found = try await found(isFull: false)
        #expect(found.map(\.rule) == ["task_of_finished_run"])
        #expect(found.first?.row.contains("d/r/t") == true)
    }

    @Test func aRunThatNeverEndsIsFound() async throws {
        #expect(try await rules(run(.running), [task("t", .success)]) == ["run_does_not_end"])
    }

    @Test func twoRunsOfOneInstantAreFound() async throws {
        try await store.commit([.saveRun(run(.success, "a", logicalDate: Self.noon))], epoch: 0)
        #expect(try await rules(run(.success, "b", logicalDate: Self.noon), []) == ["two_runs_of_one_date"])
    }

    @Test func whatATaskOfItsStateMustHaveIsMissed() async throws {
        var unlaunched = task("a", .running)
        unlaunched.launchNumber = 0
        let tasks = [unlaunched, task("b", .deferred, 2), task("c", .upForReschedule, 3)]
        #expect(try await rules(run(.running), tasks) == ["launch_number", "deferred_without_trigger", "no_next_look"])
    }

    @Test func slotsThatAreNotThereAreFound() async throws {
        try await store.setPool(Pool(name: "gpu", slots: 1))
        var tasks = [task("a", .running, 1), task("b", .running, 2)]
        for index in tasks.indices { tasks[index].pool = "gpu" }
        #expect(try await rules(run(.running), tasks) == ["pool_overfull"])
    }

    @Test func whatIsGoneAtTheSecondLookIsNotReported() async throws {
        let (store, clock) = (store, TestClock())
        try await store.commit([.saveRun(run(.running)), .saveTask(task("t", .success))], epoch: 0)
        let audit = Task { try await StoreAudit(store: store, clock: clock).run(isFull: true) }
        await clock.waitForSleepers()
        try await store.commit([.saveRun(run(.success))], epoch: 0)
        clock.advance(by: .seconds(1))
        #expect(try await audit.value == [])
    }
}
