import PipelineCore
import PipelineTestSupport
import Testing

@testable import LocalExecutor

/// What a Python task is told of the events that its run consumes.
@Suite struct ConsumedEventsTests {
    static let key = RunKey(dagID: "d", runID: "asset_triggered__2026-01-01T00:00:00+00:00_abcdefgh")

    /// All keys that the Task SDK's model has, and no other (`AssetEventDagRunReference` forbids more).
    @Test func eventsHaveTheFormOfTheTaskSDK() throws {
        let source = TaskInstanceKey(run: RunKey(dagID: "p", runID: "r"), taskID: "t", mapIndex: 2)
        let event = AssetEvent(
            id: 7, name: "a", uri: "s3://lake/a", extra: ["rows": 7], aliasNames: ["daily"], source: source,
            timestamp: Timestamp(seconds: 1_767_225_600), partitionKey: "k")
        let run = DAGRun(key: Self.key, type: .assetTriggered, runAfter: event.timestamp, triggeredBy: .asset)
        let form = WireForms.run(run, consumed: [ConsumedAssetEvent(event: event, assetExtra: ["tier": 1])])
        #expect(
            form["consumed_asset_events"] == [
                [
                    "source_task_id": "t", "source_dag_id": "p", "source_run_id": "r", "source_map_index": 2,
                    "partition_key": "k", "asset": ["name": "a", "uri": "s3://lake/a", "extra": ["tier": 1]],
                    "extra": ["rows": 7], "source_aliases": [["name": "daily"]],
                    "timestamp": "2026-01-01T00:00:00+00:00",
                ]
            ])
    }

    @Test func factsOfTheStoreHaveTheExtraOfTheAsset() async throws {
        let store = InMemoryStore()
        let asset = AssetRecord(name: "a", uri: "s3://lake/a", group: "asset", extra: ["tier": 1])
        try await store.replaceActiveAssets([asset])
        let now = Timestamp(seconds: 1_767_225_600)
        let event = try await store.createAssetEvent(asset.key, extra: ["n": 1], partitionKey: nil, at: now)
        let run = DAGRun(key: Self.key, type: .assetTriggered, runAfter: now, triggeredBy: .asset)
        let consumption = AssetConsumption(run: run.key, assets: [asset.key], aliases: [], from: nil, through: now)
        try await store.commit(
            [.registerAssetEvents(ids: [event.id], at: now), .saveRun(run), .consumeAssetEvents(consumption)], epoch: 0)
        let facts = StorePythonTaskFacts(store: store) { _ in nil }
        #expect(
            try await facts.consumedAssetEvents(of: run.key)
                == [ConsumedAssetEvent(event: event, assetExtra: ["tier": 1])])
        #expect(try await facts.consumedAssetEvents(of: RunKey(dagID: "d", runID: "other")).isEmpty)
    }
}
