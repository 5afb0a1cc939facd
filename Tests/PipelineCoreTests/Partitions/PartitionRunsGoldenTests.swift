import Foundation
import PipelineCore
import PipelineTestSupport
import Testing

/// Scripted and random events, replayed through the planner and a store: the same runs of the same partitions with the
/// same dates and events as real Airflow (`scripts/make-partition-runs-golden.py`).
@Suite struct PartitionRunsGoldenTests {
    static let scenarios: [JSONValue] = {
        let path = #filePath.replacing(/PipelineCoreTests\/.*/, with: "Fixtures/partitions/runs.json")
        guard let data = FileManager.default.contents(atPath: path),
            let value = try? JSONValue.parse(String(decoding: data, as: UTF8.self))
        else { return [] }
        return value.arrayValue ?? []
    }()

    @Test func thereAreScenarios() {
        #expect(Self.scenarios.count == 30)
        let runs = Self.scenarios.flatMap { $0["runs"]?.arrayValue ?? [] }.flatMap { $0.arrayValue ?? [] }
        #expect(runs.count > 300)
    }

    /// - Parameter restarts: the planner is made anew of the store before each step.
    @Test(arguments: scenarios.indices, [false, true])
    func theSameRunsComeOfTheSameEvents(_ index: Int, restarts: Bool) throws {
        let scenario = Self.scenarios[index]
        var world = try PartitionWorld(scenario)
        let steps = try #require(scenario["steps"]?.arrayValue)
        let wanted = try #require(scenario["runs"]?.arrayValue)
        for (number, step) in steps.enumerated() {
            if restarts { try world.restart() }
            let found = try world.take(step.arrayValue ?? [])
            let text = "\(scenario["name"]?.stringValue ?? ""), step \(number): \(step.serialized())"
            #expect(found == wanted[number], "\(text)")
        }
    }
}

/// A planner, a store in memory, and a clock that goes on one second with each step.
private struct PartitionWorld {
    static let uris = ["a": "s3://lake/a", "b": "s3://lake/b", "c": "s3://lake/c"]
    static let start = AssetPlannerTests.midnight

    private var planner: PartitionPlanner
    private var store = InMemoryStoreCore()
    private var now = start - .seconds(1)
    private var definitions: [String: JSONValue]
    private var paused: Set<String> = []
    private var inactive: Set<String> = []
    private var known: Set<RunKey> = []

    init(_ scenario: JSONValue) throws {
        planner = PartitionPlanner()
        definitions = Dictionary(uniqueKeysWithValues: (scenario["dags"]?.objectValue ?? [:]).map { ($0.key, $0.value) })
        let producer = DAGRun(
            key: RunKey(dagID: "producer", runID: "r"), type: .manual, runAfter: now, triggeredBy: .cli)
        try store.commit([.saveRun(producer)], epoch: 0)
        try restart()
    }

    mutating func restart() throws {
        activate()
        planner = PartitionPlanner(
            store.wholePartitionQueue, aliases: store.aliases, active: store.assets.filter(\.isActive).map(\.key))
        try turn([.schedulesChanged(try definitions.keys.sorted().map(schedule))], [])
    }

    private mutating func activate() {
        store.replaceActiveAssets(
            Self.uris.filter { !inactive.contains($0.key) }
                .map { AssetRecord(name: $0.key, uri: $0.value, group: "asset", extra: [:]) })
    }

    /// The runs that the step has made, as the recording has them.
    mutating func take(_ step: [JSONValue]) throws -> JSONValue {
        now = now + .seconds(1)
        let name = step[1].stringValue ?? ""
        switch step[0].stringValue {
        case "write": try turn([], [written(step)])
        case "through": try turn([], [through(name, step[2].stringValue ?? "", step[3].stringValue)])
        case "external": try external(name, step[2].stringValue)
        case "pause": try pause(name, true)
        case "unpause": try pause(name, false)
        case "inactive", "active":
            if step[0] == "inactive" { inactive.insert(name) } else { inactive.remove(name) }
            activate()
            try turn([.activeAssetsChanged(store.assets.filter(\.isActive).map(\.key))], [])
        case "add":
            definitions[name] = step[2]
            // Reading the folder makes active what its DAGs name.
            inactive = []
            activate()
            try turn(
                [
                    .activeAssetsChanged(store.assets.filter(\.isActive).map(\.key)),
                    .schedulesChanged([try schedule(name)]),
                ], [])
        default: Issue.record("unknown step \(step)")
        }
        return fresh()
    }

    private mutating func pause(_ dagID: String, _ isPaused: Bool) throws {
        if isPaused { paused.insert(dagID) } else { paused.remove(dagID) }
        try turn([.dagPaused(dagID: dagID, isPaused)], [])
    }

    private mutating func turn(_ events: [SchedulerEvent], _ changes: [StoreChange]) throws {
        try store.commit(changes, epoch: 0)
        var turn = PlanningTurn(now: now, events: events, changes: changes)
        while true {
            let plan = planner.plan(turn)
            let made = plan.runs.flatMap { [.saveRun($0.run)] + $0.changes }
            try store.commit(plan.changes + made, epoch: 0)
            if plan.runs.isEmpty { return }
            turn = PlanningTurn(now: now, changes: made)
        }
    }

    /// Events are numbered by step, asset and key.
    private mutating func fresh() -> JSONValue {
        let runs = store.runs(RunFilter()).filter { $0.type == .assetTriggered && known.insert($0.key).inserted }
        let events = store.assetEvents(name: nil, uri: nil, aliasName: nil).sorted {
            ($0.timestamp, $0.name, $0.partitionKey ?? "") < ($1.timestamp, $1.name, $1.partitionKey ?? "")
        }
        let numbers = Dictionary(uniqueKeysWithValues: events.enumerated().map { ($0.element.id, $0.offset) })
        let sorted = runs.sorted { ($0.key.dagID, $0.partitionKey ?? "") < ($1.key.dagID, $1.partitionKey ?? "") }
        return .array(
            sorted.map { run in
                let consumed = store.consumedAssetEvents(run.key).compactMap { numbers[$0.id] }.sorted()
                return [
                    "dag": .string(run.key.dagID), "key": run.partitionKey.map { .string($0) } ?? .null,
                    "state": .string(run.state.rawValue), "has_logical_date": .bool(run.logicalDate != nil),
                    "date": run.partitionDate.map { .int(Int($0.microseconds)) } ?? .null,
                    "consumed": .array(consumed.map { .int($0) }),
                ]
            })
    }

    // MARK: - Steps

    private let task = TaskInstanceKey(run: RunKey(dagID: "producer", runID: "r"), taskID: "t")

    private func target(_ name: String) -> JSONValue { ["name": .string(name), "uri": .string(Self.uris[name] ?? "")] }

    private func written(_ step: [JSONValue]) -> StoreChange {
        let names = step[1].arrayValue?.compactMap(\.stringValue) ?? []
        let payloads = step[4].arrayValue ?? []
        let events = names.flatMap { name in
            payloads.map { key -> JSONValue in ["dest_asset_key": target(name), "extra": [:], "partition_key": key] }
        }
        let date = step[3].intValue.map { Timestamp(seconds: Double($0 * 86_400)) }
        return .saveAssetEvents(
            task: task, outlets: names.map { AssetPlannerTests.outlet(AssetKey(name: $0, uri: Self.uris[$0] ?? "")) },
            events: events, partition: step[2].stringValue.map { RunPartition(key: $0, date: date) }, at: now)
    }

    private func through(_ alias: String, _ name: String, _ key: String?) -> StoreChange {
        .saveAssetEvents(
            task: task, outlets: [["name": .string(alias), "uri": .null, "type": "AssetAlias"]],
            events: [
                [
                    "source_alias_name": .string(alias), "extra": [:], "dest_asset_extra": [:],
                    "dest_asset_key": target(name),
                ]
            ], partition: key.map { RunPartition(key: $0, date: nil) }, at: now)
    }

    private mutating func external(_ name: String, _ key: String?) throws {
        let asset = AssetKey(name: name, uri: Self.uris[name] ?? "")
        let event = try store.createAssetEvent(asset, extra: [:], partitionKey: key, at: now)
        try turn([.assetEventsCreated([event])], [.registerAssetEvents(ids: [event.id], at: now)])
    }

    /// What the recording has of Airflow's serialized timetable.
    private func schedule(_ dagID: String) throws -> DAGSchedule {
        let arguments = definitions[dagID] ?? .null
        var header = DAGHeader(id: dagID)
        header.timetable = .partitionedAsset(
            PartitionedAssetDefinition(
                condition: arguments["asset_condition"] ?? .null,
                mappings: (arguments["partition_mapper_config"]?.arrayValue ?? []).map {
                    .init(asset: $0[0] ?? .null, mapper: $0[1] ?? .null)
                }, defaultMapper: arguments["default_partition_mapper"] ?? .null))
        let timetable = try TimetableFactory(zone: TimetableGoldenTests.zone).timetable(header.timetable)
        return DAGSchedule(header, timetable: timetable, isPaused: paused.contains(dagID), last: nil)
    }
}
