import PipelineCore
import PipelineTestSupport
import Testing

@Suite struct InMemoryStoreTests {
    @Test(arguments: PipelineStoreConformance.all)
    func conforms(_ conformance: PipelineStoreConformance) async throws {
        try await conformance.check(InMemoryStore())
    }

    /// Else a field that a driver forgets would not be noticed.
    @Test func samplesFillEveryField() {
        let task = Sample.fullTask()
        #expect(Self.equalMembers(task, TaskInstance(id: UUID7(high: 0, low: 0), key: task.key)) == ["key"])
        let run = Sample.fullRun()
        let bare = DAGRun(key: run.key, type: .manual, runAfter: Timestamp(microseconds: 0), triggeredBy: .cli)
        #expect(Self.equalMembers(run, bare) == ["key"])
    }

    private static func equalMembers<Value>(_ left: Value, _ right: Value) -> [String] {
        zip(Mirror(reflecting: left).children, Mirror(reflecting: right).children)
            .filter { "\($0.value)" == "\($1.value)" }.compactMap(\.0.label)
    }

    @Test func aFaultBeforeTheEffectLeavesNothing() throws {
        var core = InMemoryStoreCore()
        core.commitFaults = [2: .beforeEffect(.unreachable)]
        try core.commit([.saveRun(Self.run(1))], epoch: 0)
        #expect(throws: StoreError.self) { try core.commit([.saveRun(Self.run(2))], epoch: 0) }
        #expect(core.runs.count == 1)
        try core.commit([.saveRun(Self.run(2))], epoch: 0)
        #expect(core.runs.count == 2)
        #expect(core.commitCount == 3)
    }

    @Test func aFaultAfterTheEffectKeepsIt() throws {
        var core = InMemoryStoreCore()
        core.commitFaults = [1: .afterEffect(.busy)]
        #expect(throws: StoreError.self) { try core.commit([.saveRun(Self.run(1))], epoch: 0) }
        #expect(core.runs.count == 1)
    }

    @Test func aSnapshotDoesNotSeeLaterCommits() async throws {
        let store = InMemoryStore()
        let before = store.snapshot
        try await store.commit([.saveRun(Self.run(1))], epoch: 0)
        #expect(before.runs.isEmpty)
        #expect(store.snapshot.runs.count == 1)
    }

    @Test func theOldestParsedFilesGoFirst() async throws {
        var core = InMemoryStoreCore()
        core.maximumParsedFileBytes = 3
        let store = InMemoryStore(core)
        for key in ["a", "b", "c", "d"] { try await store.setParsedFiles([key: [1]]) }
        #expect(try await store.parsedFile(key: "a") == nil)
        #expect(try await store.parsedFiles(keys: ["b", "c", "d"]).count == 3)
    }

    private static func run(_ number: Int) -> DAGRun {
        DAGRun(
            key: RunKey(dagID: "etl", runID: "\(number)"), type: .manual, runAfter: Timestamp(microseconds: 0),
            triggeredBy: .cli)
    }
}
