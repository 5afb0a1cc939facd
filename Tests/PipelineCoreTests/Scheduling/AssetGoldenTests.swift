import Foundation
import PipelineCore
import PipelineTestSupport
import Testing

/// Scripted events, replayed through the planner and a store: the same runs and the same consumed events as real Airflow
/// (`scripts/make-asset-golden.py`).
@Suite struct AssetGoldenTests {
    static let scenarios: [JSONValue] = {
        let path = #filePath.replacing(/PipelineCoreTests\/.*/, with: "Fixtures/assets/golden.json")
        guard let data = FileManager.default.contents(atPath: path),
            let value = try? JSONValue.parse(String(decoding: data, as: UTF8.self))
        else { return [] }
        return value.arrayValue ?? []
    }()

    @Test func thereAreScenarios() { #expect(Self.scenarios.count == 15) }

    @Test(arguments: scenarios.indices)
    func theSameRunsConsumeTheSameEvents(_ index: Int) throws {
        let scenario = Self.scenarios[index]
        var world = try AssetWorld(scenario)
        let steps = try #require(scenario["steps"]?.arrayValue)
        let wanted = try #require(scenario["runs"]?.arrayValue)
        for (number, step) in steps.enumerated() {
            let found = try world.take(step.arrayValue ?? [])
            let text = "\(scenario["name"]?.stringValue ?? ""), step \(number): \(step.serialized())"
            #expect(found == Self.corrected(wanted[number], scenario), "\(text)")
        }
    }

    /// Airflow finds no events of a DAG that is scheduled by a reference; here they are consumed.
    private static func corrected(_ runs: JSONValue, _ scenario: JSONValue) -> JSONValue {
        guard scenario["name"]?.stringValue == "references by name and by URI" else { return runs }
        let own: [String: [[JSONValue]]] = ["d": [[0], [2]], "e": [[1]], "f": [[0, 1]]]
        return .array(
            (runs.arrayValue ?? []).map { run in
                guard let dagID = run["dag"]?.stringValue, let after = run["run_after"]?.intValue, var object = run.objectValue,
                    let consumed = own[dagID]?.first(where: { $0.last == .int(after) })
                else { return run }
                object["consumed"] = .array(consumed)
                return .object(object)
            })
    }
}

/// A planner, a store in memory, and a clock that goes on one second with each step.
private struct AssetWorld {
    static let uris = ["a": "s3://lake/a", "b": "s3://lake/b", "c": "s3://lake/c"]
    static let start = AssetPlannerTests.midnight

    private var planner: AssetPlanner
    private var store = InMemoryStoreCore()
    private var now = start - .seconds(1)
    private let catchup: Bool
    private let maxActiveRuns: Int
    private var known: Set<RunKey> = []

    init(_ scenario: JSONValue) throws {
        catchup = scenario["catchup"]?.boolValue ?? false
        maxActiveRuns = scenario["max_active_runs"]?.intValue ?? 16
        store.replaceActiveAssets(
            Self.uris.map { AssetRecord(name: $0.key, uri: $0.value, group: "asset", extra: [:]) })
        planner = AssetPlanner(active: store.assets.map(\.key))
        let producer = DAGRun(
            key: RunKey(dagID: "producer", runID: "r"), type: .manual, runAfter: now, triggeredBy: .cli)
        try store.commit([.saveRun(producer)], epoch: 0)
        let dags = scenario["dags"]?.objectValue ?? [:]
        try turn([.schedulesChanged(dags.map { schedule($0.key, $0.value) })], [])
    }

    /// The runs that the step has made, as the recording has them.
    mutating func take(_ step: [JSONValue]) throws -> JSONValue {
        now = now + .seconds(1)
        let words = step.compactMap(\.stringValue)
        let dagID = words.count > 1 ? words[1] : ""
        switch words[0] {
        case "event": try turn([], [written(outlets: words.dropFirst().map(outlet), events: [])])
        case "through": try turn([], [through(words[1], words[2])])
        case "external": try external(words[1])
        case "pause": try turn([.dagPaused(dagID: dagID, true)], [])
        case "unpause": try turn([.dagPaused(dagID: dagID, false)], [])
        case "finish": try turn([], finished(dagID))
        case "add": try turn([.schedulesChanged([schedule(dagID, step[2])])], [])
        default: Issue.record("unknown step \(words)")
        }
        return fresh()
    }

    private mutating func turn(_ events: [SchedulerEvent], _ changes: [StoreChange]) throws {
        try store.commit(changes, epoch: 0)
        var turn = PlanningTurn(now: now, events: events, changes: changes)
        while true {
            let plan = planner.plan(turn)
            if plan.isEmpty { return }
            let made = plan.runs.flatMap { [.saveRun($0.run)] + $0.changes }
            try store.commit(plan.changes + made, epoch: 0)
            turn = PlanningTurn(now: now, changes: made)
        }
    }

    private mutating func fresh() -> JSONValue {
        let runs = store.runs(RunFilter()).filter { $0.type == .assetTriggered && known.insert($0.key).inserted }
        return .array(runs.sorted { $0.key < $1.key }.map { run in
            let step = Int((run.runAfter - Self.start).inSeconds.rounded(.down))
            return [
                "dag": .string(run.key.dagID), "run_after": .int(step), "state": .string(run.state.rawValue),
                "triggered_by": .string(run.triggeredBy.rawValue), "has_logical_date": .bool(run.logicalDate != nil),
                "consumed": .array(store.consumedAssetEvents(run.key).map { .int($0.id - 1) }),
            ]
        })
    }

    // MARK: - Steps

    private func outlet(_ name: String) -> JSONValue {
        ["name": .string(name), "uri": .string(Self.uris[name] ?? ""), "type": "Asset"]
    }

    private func written(outlets: [JSONValue], events: [JSONValue]) -> StoreChange {
        let task = TaskInstanceKey(run: RunKey(dagID: "producer", runID: "r"), taskID: "t")
        return .saveAssetEvents(task: task, outlets: outlets, events: events, at: now)
    }

    private func through(_ alias: String, _ name: String) -> StoreChange {
        written(
            outlets: [["name": .string(alias), "uri": .null, "type": "AssetAlias"]],
            events: [
                [
                    "source_alias_name": .string(alias), "extra": [:], "dest_asset_extra": [:],
                    "dest_asset_key": ["name": .string(name), "uri": .string(Self.uris[name] ?? "")],
                ]
            ])
    }

    private mutating func external(_ name: String) throws {
        let asset = AssetKey(name: name, uri: Self.uris[name] ?? "")
        let event = try store.createAssetEvent(asset, extra: [:], partitionKey: nil, at: now)
        try turn([.assetEventsCreated([event])], [])
    }

    /// The oldest run that is not over.
    private func finished(_ dagID: String) -> [StoreChange] {
        guard var run = store.runs(RunFilter(dagID: dagID)).last(where: { !$0.state.isFinished }) else { return [] }
        (run.state, run.endDate) = (.success, now)
        return [.saveRun(run)]
    }

    private func schedule(_ dagID: String, _ short: JSONValue) -> DAGSchedule {
        AssetPlannerTests.schedule(
            condition(short), dag: dagID, catchup: catchup, maxActiveRuns: maxActiveRuns)
    }

    /// A serialized condition of its short form.
    private func condition(_ short: JSONValue) -> JSONValue {
        if let name = short.stringValue {
            return AssetPlannerTests.asset(AssetKey(name: name, uri: Self.uris[name] ?? ""))
        }
        guard let (kind, value) = short.objectValue?.first.map({ ($0.key, $0.value) }) else { return .null }
        switch kind {
        case "alias": return ["__type": "asset_alias", "name": value, "group": "asset"]
        case "name", "uri": return .object(["__type": "asset_ref", kind: value])
        default: return AssetPlannerTests.condition("asset_\(kind)", (value.arrayValue ?? []).map(condition))
        }
    }
}
