import PipelineCore

extension PipelineStoreConformance {
    static let raw = AssetRecord(name: "raw", uri: "s3://lake/raw", group: "asset", extra: ["tier": 1])
    static let clean = AssetRecord(name: "clean", uri: "s3://lake/clean", group: "model", extra: [:])

    static let assets: [PipelineStoreConformance] = [
        .init("onlyTheGivenAssetsAreActive") { store in
            try await store.replaceActiveAssets([raw, clean])
            try expect(try await store.assets(), [clean, raw])
            try await store.replaceActiveAssets([clean])
            var inactive = raw
            inactive.isActive = false
            try expect(try await store.assets(), [clean, inactive])
            try expect(try await store.asset(name: "raw"), inactive)
            try expect(try await store.asset(uri: "s3://lake/clean"), clean)
            try expect(try await store.asset(name: "unknown"), nil)
            try expect(try await store.asset(uri: "unknown"), nil)
        },
        .init("theActiveAssetOfANameIsPreferred") { store in
            let moved = AssetRecord(name: "raw", uri: "s3://zone/raw", group: "asset", extra: [:])
            try await store.replaceActiveAssets([raw])
            try await store.replaceActiveAssets([moved])
            try expect(try await store.asset(name: "raw"), moved)
        },
        .init("successOfATaskRecordsEvents", checkDirectEvents),
        .init("eventsThroughAnAliasCreateTheAsset", checkAliasEvents),
        .init("eventsOfInactiveAssetsAreNotRecorded") { store in
            let epoch = try await seed(store)
            try await store.replaceActiveAssets([raw])
            try await store.replaceActiveAssets([])
            try await store.commit([change(outlets: [outlet(raw)])], epoch: epoch)
            try expect(try await store.assetEvents(name: nil, uri: nil, aliasName: nil), [])
        },
    ]

    static func outlet(_ asset: AssetRecord) -> JSONValue {
        ["name": .string(asset.name), "uri": .string(asset.uri), "type": "Asset"]
    }

    static func change(
        outlets: [JSONValue], events: [JSONValue] = [], minute: Int = 0
    ) -> StoreChange {
        .saveAssetEvents(
            task: TaskInstanceKey(run: Sample.key(), taskID: "extract", mapIndex: 2), outlets: outlets,
            events: events, at: Sample.instant(minute))
    }

    @Sendable
    private static func checkDirectEvents(_ store: any PipelineStore) async throws {
        let epoch = try await seed(store)
        try await store.replaceActiveAssets([raw, clean])
        let payload: JSONValue = [
            "dest_asset_key": ["name": "clean", "uri": "s3://lake/clean"], "extra": ["rows": 7],
            "partition_key": "2026-01",
        ]
        let byReference: JSONValue = ["name": "raw", "uri": .null, "type": "AssetNameRef"]
        let first = change(outlets: [outlet(clean), byReference], events: [payload], minute: 2)
        try await store.commit([first, change(outlets: [outlet(raw)], minute: 1)], epoch: epoch)
        try await store.commit([first], epoch: epoch)
        let events = try await store.assetEvents(name: nil, uri: nil, aliasName: nil)
        try expect(events.map(\.name), ["raw", "clean", "raw"])
        try expect(events.map(\.extra), [[:], ["rows": 7], [:]])
        try expect(events.map(\.partitionKey), [nil, "2026-01", nil])
        try expect(events.map(\.timestamp), [1, 2, 2].map { Sample.instant($0) })
        try expect(events[1].source, TaskInstanceKey(run: Sample.key(), taskID: "extract", mapIndex: 2))
        try expect(try await store.assetEvents(name: "raw", uri: nil, aliasName: nil), [events[0], events[2]])
        try expect(try await store.assetEvents(name: nil, uri: "s3://lake/clean", aliasName: nil), [events[1]])
        try expect(try await store.assetEvents(name: "raw", uri: "s3://lake/clean", aliasName: nil), [])
    }

    @Sendable
    private static func checkAliasEvents(_ store: any PipelineStore) async throws {
        let epoch = try await seed(store)
        let outlets: [JSONValue] = ["daily", "all"].map { ["name": .string($0), "uri": .null, "type": "AssetAlias"] }
        let events: [JSONValue] = ["daily", "all", "unknown"].map {
            [
                "source_alias_name": .string($0), "dest_asset_key": ["name": "new", "uri": "s3://lake/new"],
                "dest_asset_extra": ["by": "alias"], "extra": ["n": 1],
            ]
        }
        try await store.commit([change(outlets: outlets, events: events)], epoch: epoch)
        let found = try await store.assetEvents(name: nil, uri: nil, aliasName: "daily")
        try expect(found.map(\.aliasNames), [["all", "daily"]])
        try expect(found.map(\.extra), [["n": 1]])
        try expect(try await store.assetEvents(name: nil, uri: nil, aliasName: "unknown"), [])
        let asset = try await store.asset(name: "new")
        try expect(asset?.extra, ["by": "alias"])
        try expect(asset?.isActive, false)
    }

    static let states: [PipelineStoreConformance] = [
        .init("taskStateIsKeptByTask") { store in
            try await seed(store)
            let task = TaskInstanceKey(run: Sample.key(), taskID: "extract", mapIndex: 1)
            try await store.setStateValue(["n": 1], .task(task), key: "a")
            try await store.setStateValue(["n": 2], .task(task), key: "a")
            try await store.setStateValue("x", .task(task), key: "b")
            try expect(try await store.stateValue(.task(task), key: "a"), ["n": 2])
            let other = TaskInstanceKey(run: Sample.key(), taskID: "extract", mapIndex: 2)
            try expect(try await store.stateValue(.task(other), key: "a"), nil)
            try await store.deleteStateValue(.task(task), key: "a")
            try expect(try await store.stateValue(.task(task), key: "a"), nil)
            try await store.clearState(.task(task))
            try expect(try await store.stateValue(.task(task), key: "b"), nil)
        },
        .init("assetStateIsTheSameByNameAndByURI") { store in
            try await store.replaceActiveAssets([raw])
            try await store.setStateValue(1, .assetName("raw"), key: "watermark")
            try expect(try await store.stateValue(.assetURI("s3://lake/raw"), key: "watermark"), 1)
            try await store.setStateValue(2, .assetURI("s3://lake/raw"), key: "watermark")
            try expect(try await store.stateValue(.assetName("raw"), key: "watermark"), 2)
            try await store.clearState(.assetName("raw"))
            try expect(try await store.stateValue(.assetURI("s3://lake/raw"), key: "watermark"), nil)
        },
        .init("stateOfAnUnknownOwnerIsRefused") { store in
            let task = TaskInstanceKey(run: Sample.key(), taskID: "extract")
            for scope in [StateScope.assetName("x"), .assetURI("x"), .task(task)] {
                try expect(try await store.stateValue(scope, key: "a"), nil)
                try await expect(.notFound) { try await store.setStateValue(1, scope, key: "a") }
                try await store.deleteStateValue(scope, key: "a")
                try await store.clearState(scope)
            }
        },
    ]
}
