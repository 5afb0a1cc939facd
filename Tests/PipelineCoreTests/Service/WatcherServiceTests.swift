import PipelineCore
import PipelineTestSupport
import Testing

/// Triggers of asset watchers: which run, and what becomes of what they say.
@Suite struct WatcherServiceTests {
    static let a = AssetPlannerTests.a
    static let b = AssetPlannerTests.b

    private let host = ScriptedTriggerHost()
    private let store = InMemoryStore()
    private let clock = TestClock(start: AssetPlannerTests.midnight)
    private let service: WatcherService

    init() {
        service = WatcherService(
            host: host, store: store, wallClock: clock.wallClock, clock: clock, nudge: {}, note: { Issue.record("\($0)") })
    }

    static func watched(_ key: AssetKey, _ file: String...) -> JSONValue {
        var asset = AssetPlannerTests.asset(key).objectValue ?? [:]
        asset["watchers"] = .array(
            file.map { ["name": "w", "trigger": ["classpath": "own.File", "kwargs": ["path": .string($0)]]] })
        return .object(asset)
    }

    static func id(_ file: String) -> EventTriggerID {
        EventTriggerID(triggerClass: "own.File", kwargs: ["path": .string(file)])
    }

    static func dag(_ condition: JSONValue?, outlets: [JSONValue] = []) throws -> DAG {
        var dag = DAGBuilder("d")
        if let condition { dag.header.timetable = .assetTriggered(condition: condition) }
        dag.task("t") { $0.outlets = outlets }
        return try dag.build()
    }

    @Test func watchersOfScheduledActiveAssetsAreShared() throws {
        var watchers = AssetWatchers()
        let both = AssetPlannerTests.condition("asset_any", [Self.watched(Self.a, "x", "y"), Self.watched(Self.b, "x")])
        watchers.add(try Self.dag(both), isPaused: false)
        let triggers = watchers.triggers(active: [Self.a, Self.b])
        #expect(Dictionary(uniqueKeysWithValues: triggers.map { ($0.id, $0.assets) })
            == [Self.id("x"): [Self.a, Self.b], Self.id("y"): [Self.a]])
        #expect(watchers.triggers(active: [Self.b]).map(\.assets) == [[Self.b]])
    }

    @Test func withoutADAGThatRunsNothingIsWatched() throws {
        var watchers = AssetWatchers()
        watchers.add(try Self.dag(Self.watched(Self.a, "x")), isPaused: true)
        watchers.add(try Self.dag(nil, outlets: [Self.watched(Self.b, "x")]), isPaused: false)
        #expect(watchers.triggers(active: [Self.a, Self.b]).isEmpty)
        // What a producer says of an asset counts where somebody waits for it.
        watchers.add(try Self.dag(AssetPlannerTests.asset(Self.b)), isPaused: false)
        #expect(watchers.triggers(active: [Self.a, Self.b]).map(\.assets) == [[Self.b]])
    }

    @Test func triggersComeAndGoWithWhatIsWatched() {
        let (x, y) = (trigger("x", Self.a), trigger("y", Self.a))
        service.watch([x, y])
        #expect(host.watched == [x.id, y.id] && host.unwatched.isEmpty)
        service.watch([y])
        #expect(host.watched == [y.id] && host.unwatched == [x.id])
        service.watch([])
        #expect(host.watched.isEmpty)
    }

    private func trigger(_ file: String, _ assets: AssetKey...) -> EventTrigger {
        EventTrigger(triggerClass: "own.File", kwargs: ["path": .string(file)], assets: assets)
    }

    @Test func whatATriggerSaysIsAnEventOfEachAsset() async throws {
        try await store.replaceActiveAssets([Self.a, Self.b].map {
            AssetRecord(name: $0.name, uri: $0.uri, group: "asset", extra: [:])
        })
        service.watch([trigger("x", Self.a)])
        service.watch([trigger("x", Self.a, Self.b)])
        await host.say(Self.id("x"), ["rows": 3])
        await host.say(Self.id("x"), .null)
        let events = try await store.unregisteredAssetEvents()
        #expect(events.map(\.name) == ["a", "b", "a", "b"])
        #expect(events.map { $0.extra["payload"] } == [["rows": 3], ["rows": 3], .null, .null])
        #expect(events.allSatisfy { $0.extra["from_trigger"] == true && $0.partitionKey == nil && $0.source == nil })
    }

    @Test func afterTheEndNothingIsWritten() async throws {
        service.watch([trigger("x", Self.a)])
        service.shutdown()
        await host.say(Self.id("x"), 1)
        #expect(try await store.unregisteredAssetEvents().isEmpty)
    }
}
