package import PipelineCore

extension SQLPipelineStore {
    package func assets() async throws -> [AssetRecord] { try await assets("SelectAssets", []) }

    package func asset(name: String) async throws -> AssetRecord? {
        try await assets("SelectAssetByName", [.text(name)]).first
    }

    package func asset(uri: String) async throws -> AssetRecord? {
        try await assets("SelectAssetByURI", [.text(uri)]).first
    }

    package func replaceActiveAssets(_ assets: [AssetRecord]) async throws {
        let last = Dictionary(assets.map { ([$0.name, $0.uri], $0) }, uniquingKeysWith: { $1 })
        let rows: [[SQLValue]] = last.values.sorted { ($0.name, $0.uri) < ($1.name, $1.uri) }.map {
            [.text($0.name), .text($0.uri), .text($0.group), .json($0.extra)]
        }
        try await write([
            operation("DeactivateAssets", []), SQLOperation(database.library["ActivateAsset"], rows: rows),
        ])
    }

    package func assetEvents(name: String?, uri: String?, aliasName: String?) async throws -> [AssetEvent] {
        let conditions = [
            Condition("events.name", name), Condition("events.uri", uri), Condition("events.aliasName", aliasName),
        ].compactMap(\.self)
        return try await assetEvents(conditions)
    }

    private func assetEvents(_ conditions: [Condition]) async throws -> [AssetEvent] {
        let statement = database.library.compose("SelectAssetEvents", conditions.map(\.name))
        return try await rows(statement, conditions.flatMap(\.values), table: "asset_event", keyLength: 1) {
            try AssetEvent(&$0)
        }
    }

    private func assets(_ statement: String, _ values: [SQLValue]) async throws -> [AssetRecord] {
        try await rows(statement, values, table: "asset", keyLength: 2) { try AssetRecord(&$0) }
    }
}

extension SQLPipelineStore {
    package func createAssetEvent(
        _ asset: AssetKey, extra: JSONValue, partitionKey: String?, at instant: Timestamp
    ) async throws -> AssetEvent {
        try await requireSchema()
        let values = asset.row + [.json(extra), .timestamp(instant), .text(partitionKey)]
        let result = try await database.write([operation("CreateAssetEvent", values)], isRepeatable: false)
        guard case .int(let id)? = result[0].rows.first?.first else {
            throw StoreError(.notFound, "there is no asset \(asset)", location: location)
        }
        return AssetEvent(
            id: Int(id), name: asset.name, uri: asset.uri, extra: extra, aliasNames: [], source: nil,
            timestamp: instant, partitionKey: partitionKey)
    }

    package func unregisteredAssetEvents() async throws -> [AssetEvent] {
        try await assetEvents([Condition(name: "events.unregistered", values: [])])
    }

    package func consumedAssetEvents(_ run: RunKey) async throws -> [AssetEvent] {
        try await assetEvents([
            Condition(name: "events.consumedBy", values: [.text(run.dagID), .text(run.runID)])
        ])
    }

    package func assets(ofAlias name: String) async throws -> [AssetRecord] {
        try await assets("SelectAssetsOfAlias", [.text(name)])
    }

    package func assetQueue() async throws -> AssetQueue {
        var queue = AssetQueue()
        queue.queued = try await rows("SelectAssetQueue", [], table: "asset_dag_run_queue", keyLength: 3) { row in
            QueuedAsset(dagID: try row.text(), asset: try AssetKey(&row), at: try row.timestamp())
        }
        let members = try await rows("SelectAliasAssets", [], table: "asset_alias_asset", keyLength: 3) { row in
            (alias: try row.text(), asset: try AssetKey(&row))
        }
        for member in members { queue.aliases[member.alias, default: []].insert(member.asset) }
        let references = try await rows(
            "SelectAssetReferences", [], table: "dag_schedule_asset_reference", keyLength: 3
        ) { row in
            (dagID: try row.text(), AssetReference(asset: try AssetKey(&row), since: try row.timestamp()))
        }
        for (dagID, reference) in references { queue.references[dagID, default: []].append(reference) }
        let last = try await rows("SelectLastAssetRuns", [], table: "dag_run", keyLength: 1) { row in
            (try row.text(), try row.timestamp())
        }
        queue.lastRuns = Dictionary(last) { first, _ in first }
        return queue
    }
}

extension SQLPipelineStore {
    package func stateValue(_ scope: StateScope, key: String) async throws -> JSONValue? {
        let (owner, values) = scope.owner
        let found = try await rows(
            "Select\(owner)", values + [.text(key)], table: scope.table, keyLength: 1
        ) { row in
            _ = try row.text()
            return try row.json()
        }
        return found.first
    }

    package func setStateValue(_ value: JSONValue, _ scope: StateScope, key: String) async throws {
        let (owner, values) = scope.owner
        guard try await write("Set\(owner)", values + [.text(key), .json(value)]) == 0 else { return }
        throw StoreError(.notFound, "there is no asset \(scope.assetText)", location: location)
    }

    package func deleteStateValue(_ scope: StateScope, key: String) async throws {
        let (owner, values) = scope.owner
        try await write("Delete\(owner)", values + [.text(key)])
    }

    package func clearState(_ scope: StateScope) async throws {
        let (owner, values) = scope.owner
        try await write("Clear\(owner)", values)
    }
}

extension StateScope {
    /// The end of the statements' names, and the values that say whose state it is.
    fileprivate var owner: (String, [SQLValue]) {
        switch self {
        case .task(let key): ("TaskState", key.row)
        case .assetName(let name): ("AssetStateByName", [.text(name)])
        case .assetURI(let uri): ("AssetStateByURI", [.text(uri)])
        }
    }

    fileprivate var assetText: String {
        switch self {
        case .task(let key): key.description
        case .assetName(let name): "named \(name)"
        case .assetURI(let uri): "with the URI \(uri)"
        }
    }

    fileprivate var table: String {
        if case .task = self { "task_state_store" } else { "asset_state_store" }
    }
}
