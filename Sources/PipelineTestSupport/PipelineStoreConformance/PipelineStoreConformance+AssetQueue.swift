import PipelineCore

extension PipelineStoreConformance {
    static let assetQueues: [PipelineStoreConformance] = [
        .init("aQueuedAssetKeepsItsFirstInstant") { store in
            let epoch = try await seed(store)
            try await store.replaceActiveAssets([raw, clean])
            let first = QueuedAsset(dagID: "d", asset: raw.key, at: Sample.instant(1))
            let again = QueuedAsset(dagID: "d", asset: raw.key, at: Sample.instant(2))
            let other = QueuedAsset(dagID: "c", asset: clean.key, at: Sample.instant(3))
            let unknown = QueuedAsset(dagID: "c", asset: AssetKey(name: "x", uri: "x"), at: Sample.instant(3))
            try await store.commit([first, again, other, unknown].map { .queueAsset($0) }, epoch: epoch)
            try await store.commit([.queueAsset(again)], epoch: epoch)
            try expect(try await store.assetQueue().queued, [other, first])
            try await store.commit([.dequeueAssets(dagID: "d", [raw.key, clean.key])], epoch: epoch)
            try expect(try await store.assetQueue().queued, [other])
        },
        .init("whatIsQueuedAfterItWasEmptiedStays") { store in
            let epoch = try await seed(store)
            try await store.replaceActiveAssets([raw])
            let row = QueuedAsset(dagID: "d", asset: raw.key, at: Sample.instant(1))
            try await store.commit(
                [.queueAsset(row), .dequeueAssets(dagID: "d", [raw.key]), .queueAsset(row)], epoch: epoch)
            try expect(try await store.assetQueue().queued, [row])
        },
        .init("aRunConsumesTheEventsOfItsWindow", checkWindows),
        .init("anEventIsConsumedOnceByADAG", checkConsumedOnce),
        .init("anEventAfterTheWindowIsForTheNextRun", checkOrder),
        .init("eventsThroughAnAliasAreConsumed", checkAliasConsumption),
        .init("eventsOfOtherProcessesWaitForTheirRegistration", checkExternal),
        .init("anEventOfAnUnknownAssetIsRefused") { store in
            try await expect(.notFound) {
                _ = try await store.createAssetEvent(raw.key, extra: [:], partitionKey: nil, at: Sample.noon)
            }
        },
        .init("referencesAreReplacedByDAG") { store in
            let epoch = try await lead(store)
            let (first, second) = (
                AssetReference(asset: clean.key, since: Sample.instant(1)),
                AssetReference(asset: raw.key, since: Sample.instant(2))
            )
            try await store.commit(
                [.saveAssetReferences(dagID: "d", [second]), .saveAssetReferences(dagID: "c", [first, second])],
                epoch: epoch)
            try await store.commit([.saveAssetReferences(dagID: "d", [first])], epoch: epoch)
            try expect(try await store.assetQueue().references, ["c": [first, second], "d": [first]])
            try await store.commit([.saveAssetReferences(dagID: "c", [])], epoch: epoch)
            try expect(try await store.assetQueue().references, ["d": [first]])
        },
        .init("theNewestRunOfAssetsIsKnown") { store in
            let epoch = try await seed(store)
            try await store.commit([consumer(1), consumer(3), consumer(2)].map { .saveRun($0) }, epoch: epoch)
            try expect(try await store.assetQueue().lastRuns, ["consumer": Sample.instant(3)])
        },
        .init("consumedEventsGoWithTheirRun", checkCleaning),
        .init("theSchedulerAndTheStoreResolveAssetsAlike", checkAgreement),
    ]

    /// A run that assets have started at minute `number`.
    private static func consumer(_ number: Int, _ dagID: String = "consumer") -> DAGRun {
        var run = Sample.run(dagID, number, state: .running)
        (run.type, run.logicalDate, run.triggeredBy) = (.assetTriggered, nil, .asset)
        return run
    }

    private static func consumes(
        _ run: DAGRun, _ assets: [AssetRecord] = [], aliases: [String] = [], from: Int? = nil, through: Int
    ) -> StoreChange {
        .consumeAssetEvents(
            AssetConsumption(
                run: run.key, assets: assets.map(\.key), aliases: aliases, from: from.map { Sample.instant($0) },
                through: Sample.instant(through)))
    }

    private static func minutes(_ run: DAGRun, _ store: any PipelineStore) async throws -> [Timestamp] {
        try await store.consumedAssetEvents(run.key).map(\.timestamp)
    }

    @Sendable
    private static func checkWindows(_ store: any PipelineStore) async throws {
        let epoch = try await seed(store)
        try await store.replaceActiveAssets([raw, clean])
        let events = (1...5).map { change(outlets: [outlet(raw), outlet(clean)], minute: $0) }
        try await store.commit(events, epoch: epoch)
        let (first, second) = (consumer(3), consumer(4, "other"))
        let changes: [StoreChange] = [
            .saveRun(first), consumes(first, [raw], from: 2, through: 4), .saveRun(second),
            consumes(second, [raw, clean], through: 1),
        ]
        try await store.commit(changes, epoch: epoch)
        try await store.commit(changes, epoch: epoch)
        try expect(try await minutes(first, store), [2, 3, 4].map { Sample.instant($0) })
        try expect(Set(try await store.consumedAssetEvents(second.key).map(\.name)), ["raw", "clean"])
        try expect(try await minutes(second, store), [1, 1].map { Sample.instant($0) })
        try expect(try await store.consumedAssetEvents(Sample.key()), [])
    }

    @Sendable
    private static func checkConsumedOnce(_ store: any PipelineStore) async throws {
        let epoch = try await seed(store)
        try await store.replaceActiveAssets([raw])
        try await store.commit((1...3).map { change(outlets: [outlet(raw)], minute: $0) }, epoch: epoch)
        let (first, second, other) = (consumer(2), consumer(3), consumer(2, "other"))
        try await store.commit(
            [first, second, other].map { .saveRun($0) } + [
                consumes(first, [raw], through: 2), consumes(second, [raw], from: 2, through: 3),
                consumes(other, [raw], through: 3),
            ], epoch: epoch)
        try expect(try await minutes(first, store), [1, 2].map { Sample.instant($0) })
        try expect(try await minutes(second, store), [Sample.instant(3)])
        try expect(try await minutes(other, store).count, 3)
    }

    /// Within one commit, and at one instant.
    @Sendable
    private static func checkOrder(_ store: any PipelineStore) async throws {
        let epoch = try await seed(store)
        try await store.replaceActiveAssets([raw, clean])
        let (first, second) = (consumer(1), consumer(2))
        try await store.commit(
            [
                change(outlets: [outlet(raw)], minute: 1), .saveRun(first), consumes(first, [raw, clean], through: 1),
                .saveAssetEvents(
                    task: TaskInstanceKey(run: Sample.key(), taskID: "late"), outlets: [outlet(clean)], events: [],
                    at: Sample.instant(1)),
                .saveRun(second), consumes(second, [raw, clean], from: 1, through: 2),
            ], epoch: epoch)
        try expect(try await store.consumedAssetEvents(first.key).map(\.name), ["raw"])
        try expect(try await store.consumedAssetEvents(second.key).map(\.name), ["clean"])
    }

    @Sendable
    private static func checkAliasConsumption(_ store: any PipelineStore) async throws {
        let epoch = try await seed(store)
        try await store.replaceActiveAssets([raw])
        let outlets: [JSONValue] = ["daily", "all"].map { ["name": .string($0), "type": "AssetAlias"] }
        let events: [JSONValue] = ["daily", "all"].map {
            ["source_alias_name": .string($0), "dest_asset_key": ["name": "new", "uri": "s3://lake/new"], "extra": [:]]
        }
        let run = consumer(5)
        try await store.commit(
            [
                change(outlets: outlets, events: events, minute: 1), change(outlets: [outlet(raw)], minute: 2),
                .saveRun(run), consumes(run, aliases: ["daily", "unknown"], through: 5),
            ], epoch: epoch)
        try expect(try await store.consumedAssetEvents(run.key).map(\.name), ["new"])
        let new = AssetKey(name: "new", uri: "s3://lake/new")
        try expect(try await store.assetQueue().aliases, ["daily": [new], "all": [new]])
        try expect(try await store.assets(ofAlias: "all").map(\.key), [new])
        try expect(try await store.assets(ofAlias: "unknown"), [])
    }

    @Sendable
    private static func checkExternal(_ store: any PipelineStore) async throws {
        let epoch = try await seed(store)
        try await store.replaceActiveAssets([raw])
        let early = try await store.createAssetEvent(
            raw.key, extra: ["n": 1], partitionKey: "k", at: Sample.instant(1))
        try expect(try await store.unregisteredAssetEvents(), [early])
        try expect(try await store.assetEvents(name: "raw", uri: nil, aliasName: nil), [early])
        try expect(early.source, nil)
        try expect(early.partitionKey, "k")
        let (first, second) = (consumer(2), consumer(4))
        try await store.commit([.saveRun(first), consumes(first, [raw], through: 2)], epoch: epoch)
        try expect(try await minutes(first, store), [])
        let registration = StoreChange.registerAssetEvents(ids: [early.id], at: Sample.instant(3))
        try await store.commit([registration], epoch: epoch)
        try await store.commit([.registerAssetEvents(ids: [early.id], at: Sample.instant(9))], epoch: epoch)
        try expect(try await store.unregisteredAssetEvents(), [])
        try await store.commit([.saveRun(second), consumes(second, [raw], from: 2, through: 4)], epoch: epoch)
        try expect(try await store.consumedAssetEvents(second.key), [early])
    }

    @Sendable
    private static func checkCleaning(_ store: any PipelineStore) async throws {
        let epoch = try await seed(store)
        try await store.replaceActiveAssets([raw])
        var run = consumer(1)
        try await store.commit(
            [change(outlets: [outlet(raw)]), .saveRun(run), consumes(run, [raw], through: 1)], epoch: epoch)
        (run.state, run.endDate) = (.success, Sample.instant(2))
        // The last run by assets is kept.
        var last = consumer(3)
        (last.state, last.endDate) = (.success, Sample.instant(4))
        try await store.commit([.saveRun(run), .saveRun(last)], epoch: epoch)
        let counts = try await store.clean(RetentionRule(before: Sample.instant(9), tables: [.dagRun]), archive: nil) { _ in }
        try expect(counts["dag_run"], 1)
        try expect(counts["dag_run_asset_event"], 1)
        try expect(try await store.consumedAssetEvents(run.key), [])
        try expect(try await store.assetEvents(name: "raw", uri: nil, aliasName: nil).count, 1)
    }

    /// Whatever an event names, the planner queues for the asset to which the store has written it.
    @Sendable
    private static func checkAgreement(_ store: any PipelineStore) async throws {
        let epoch = try await seed(store)
        let moved = AssetRecord(name: "raw", uri: "s3://zone/raw", group: "asset", extra: [:])
        try await store.replaceActiveAssets([raw, moved])
        try await store.replaceActiveAssets([moved, clean])
        let index = AssetIndex(active: try await store.assets().filter(\.isActive).map(\.key))
        let new: JSONValue = ["name": "new", "uri": "s3://lake/new"]
        let cases: [(outlet: JSONValue, event: JSONValue?)] = [
            (outlet(raw), nil), (outlet(moved), nil), (outlet(clean), nil),
            (["name": "raw", "type": "AssetNameRef"], nil), (["name": "none", "type": "AssetNameRef"], nil),
            (["uri": "s3://lake/raw", "type": "AssetUriRef"], nil),
            (["uri": "s3://zone/raw", "type": "AssetUriRef"], nil),
            (["name": "clean", "uri": "s3://zone/raw", "type": "Asset"], nil),
            (["name": "x", "type": "AssetAlias"], ["source_alias_name": "x", "dest_asset_key": new, "extra": [:]]),
            (
                ["name": "x", "type": "AssetAlias"],
                ["source_alias_name": "x", "dest_asset_key": ["name": "raw", "uri": "s3://lake/raw"], "extra": [:]]
            ),
        ]
        for (number, item) in cases.enumerated() {
            let events = item.event.map { [$0] } ?? []
            let planned = OutletEvent.derived(outlets: [item.outlet], events: events).compactMap(index.target)
            try await store.commit([change(outlets: [item.outlet], events: events, minute: number)], epoch: epoch)
            let written = try await store.assetEvents(name: nil, uri: nil, aliasName: nil)
                .filter { $0.timestamp == Sample.instant(number) }.map(\.asset)
            try expect(written, planned)
        }
    }
}
