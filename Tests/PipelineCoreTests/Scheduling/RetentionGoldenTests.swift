import Foundation
import PipelineCore
import PipelineTestSupport
import Testing

/// What real Airflow's `db clean` leaves, and what clearing on a version does (`scripts/make-retention-golden.py`).
@Suite struct RetentionGoldenTests {
    static let recorded: JSONValue = {
        let path = #filePath.replacing(/PipelineCoreTests\/.*/, with: "Fixtures/scheduling/retention.json")
        guard let data = FileManager.default.contents(atPath: path) else { return .null }
        return (try? JSONValue.parse(String(decoding: data, as: UTF8.self))) ?? .null
    }()

    static let cleanups = recorded["cleanups"]?.arrayValue ?? []
    static let clears = recorded["clears"]?.arrayValue ?? []
    static let start = Timestamp(seconds: 1_767_225_600)

    static func day(_ value: JSONValue?) -> Timestamp? { value?.intValue.map { start + .seconds(86_400 * $0) } }

    @Test func thereAreCases() {
        #expect(Self.cleanups.count == 40)
        #expect(Self.clears.count == 8)
    }

    // MARK: - Retention

    @Test(arguments: cleanups.indices)
    func whatAirflowKeepsIsKept(_ index: Int) async throws {
        let item = Self.cleanups[index]
        let store = InMemoryStore()
        let runs = try (item["runs"]?.arrayValue ?? []).map(Self.run)
        try await store.commit(runs.map { .saveRun($0) }, epoch: 0)
        let before = try #require(Self.day(item["before"]))
        _ = try await store.clean(RetentionRule(before: before, tables: [.dagRun]), archive: nil) { _ in }
        let left = Set(try await store.runs(RunFilter()).map { "\($0.key.dagID)/\($0.key.runID)" })
        let airflow = Set((item["left"]?.arrayValue ?? []).compactMap(\.stringValue))
        #expect(left == airflow.union(Self.keptBeside(runs)), "\(item.serialized())")
    }

    /// Airflow removes runs that are under way, and those that the next run by schedule or by assets follows from.
    private static func keptBeside(_ runs: [DAGRun]) -> Set<String> {
        var kept = Set(runs.filter { !$0.state.isFinished })
        for own in Dictionary(grouping: runs, by: \.key.dagID).values {
            let automated = own.filter { [.scheduled, .backfill].contains($0.type) }
            if let last = automated.compactMap(\.logicalDate).max() { kept.formUnion(own.filter { $0.logicalDate == last }) }
            let byAssets = own.filter { $0.type == .assetTriggered }
            if let last = byAssets.map(\.runAfter).max() { kept.formUnion(byAssets.filter { $0.runAfter == last }) }
        }
        return Set(kept.map { "\($0.key.dagID)/\($0.key.runID)" })
    }

    private static func run(_ item: JSONValue) throws -> DAGRun {
        let key = RunKey(
            dagID: try #require(item["dag"]?.stringValue), runID: try #require(item["id"]?.stringValue))
        let type = try #require(RunType(rawValue: item["type"]?.stringValue ?? ""))
        var run = DAGRun(key: key, type: type, runAfter: try #require(day(item["after"])), triggeredBy: .test)
        run.state = try #require(RunState(rawValue: item["state"]?.stringValue ?? ""))
        (run.startDate, run.logicalDate) = (day(item["start"]), day(item["logical"]))
        if run.state.isFinished { run.endDate = run.startDate.map { $0 + .seconds(86_400) } }
        return run
    }

    // MARK: - Clearing

    @Test(arguments: clears.indices)
    func clearingOnAVersionIsAirflows(_ index: Int) throws {
        let item = Self.clears[index]
        let (first, second) = (try Self.dag(item["before"]), try Self.dag(item["after"]))
        var machine = SchedulerStateMachine(limits: Self.noLimits, pools: [], seed: 1)
        var rows = Self.rows(first)
        let snapshot = Self.snapshot(first, Array(rows.values))
        let request = ClearRequest(run: snapshot.run.key, taskIDs: item["clear"]?.stringValue.map { [$0] })
        let change = VersionChange(to: PinnedDAG(dag: second, versionID: Self.version(2), bundleVersion: nil), xcoms: [])
        let event: SchedulerEvent = item["latest"] == true ? .tasksClearedOnVersion(request, change) : .tasksCleared(request)
        let actions = machine.handle(.runLoaded(snapshot), now: Self.start) + machine.handle(event, now: Self.start)
        var run = snapshot.run
        for case .store(let change) in actions {
            switch change {
            case .saveTask(let task): rows[task.taskID] = task
            case .saveRun(let saved): run = saved
            default: break
            }
        }
        // The cleared run starts at once here: what it started is as good as not looked at.
        #expect(run.clearNumber == item["clear_number"]?.intValue)
        #expect(run.dagVersionID == item["version"]?.intValue.map(Self.version))
        let wanted = try #require(item["tasks"]?.objectValue)
        #expect(Set(rows.keys) == Set(wanted.keys), "\(item.serialized())")
        for (taskID, row) in wanted { compare(rows[taskID], row.arrayValue ?? [], item) }
    }

    private func compare(_ task: TaskInstance?, _ row: [JSONValue], _ item: JSONValue) {
        let state = task?.state.flatMap { $0 == .scheduled ? nil : $0.rawValue }
        #expect(state == row.first?.stringValue, "\(task?.taskID ?? ""): \(item.serialized())")
        // Airflow notes the new version also with tasks that it then finds to be gone.
        guard task?.state != .removed else { return }
        #expect(task?.dagVersionID == row.last?.intValue.map(Self.version), "\(task?.taskID ?? ""): \(item.serialized())")
    }

    private static var noLimits: SchedulerLimits {
        var limits = SchedulerLimits()
        limits.parallelism = 0
        return limits
    }

    private static func version(_ number: Int) -> UUID7 { UUID7(high: 0x7001 + UInt64(number) << 16, low: 1 << 63) }

    private static func dag(_ tasks: JSONValue?) throws -> DAG {
        var builder = DAGBuilder("d")
        for (id, upstream) in tasks?.objectValue ?? [:] {
            builder.task(id, after: upstream.arrayValue?.compactMap(\.stringValue) ?? [])
        }
        return try builder.build()
    }

    private static func rows(_ dag: DAG) -> [String: TaskInstance] {
        Dictionary(uniqueKeysWithValues: dag.tasks.enumerated().map { number, task in
            let key = TaskInstanceKey(run: RunKey(dagID: "d", runID: "r"), taskID: task.id)
            var row = TaskInstance(id: UUID7(high: 0x7400, low: 1 << 63 | UInt64(number)), key: key)
            (row.state, row.tryNumber, row.endDate) = (task.id == "b" ? .failed : .success, 1, start)
            (row.dagVersionID, row.pool) = (version(1), Pool.defaultName)
            return (task.id, row)
        })
    }

    private static func snapshot(_ dag: DAG, _ tasks: [TaskInstance]) -> RunSnapshot {
        var run = DAGRun(key: RunKey(dagID: "d", runID: "r"), type: .manual, runAfter: start, triggeredBy: .cli)
        (run.logicalDate, run.state, run.endDate, run.dagVersionID) = (start, .failed, start, version(1))
        var snapshot = RunSnapshot(run: run, dag: dag)
        snapshot.taskInstances = tasks
        return snapshot
    }
}
