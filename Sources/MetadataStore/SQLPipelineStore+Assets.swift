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
