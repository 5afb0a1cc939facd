package import PipelineCore

extension InMemoryStoreCore {
    /// By name, then URI.
    package var assets: [AssetRecord] { assetRows.sorted { $0.key < $1.key }.map(\.value) }

    /// The first that is active, else the first.
    func firstAsset(_ matches: (AssetRecord) -> Bool) -> AssetRecord? {
        let found = assets.filter(matches)
        return found.first(where: \.isActive) ?? found.first
    }

    package mutating func replaceActiveAssets(_ assets: [AssetRecord]) {
        for id in assetRows.keys { assetRows[id]?.isActive = false }
        for asset in assets {
            var row = asset
            row.isActive = true
            assetRows[AssetID(name: asset.name, uri: asset.uri)] = row
        }
    }

    mutating func saveAssetEvents(_ derived: [OutletEvent], of task: TaskInstanceKey, at instant: Timestamp) {
        for (ordinal, event) in derived.enumerated() {
            guard let asset = target(of: event) else { continue }
            guard eventIDs.insert(AssetEventID(source: task, timestamp: instant, ordinal: ordinal)).inserted else {
                continue
            }
            events.append(
                AssetEvent(
                    id: events.count + 1, name: asset.name, uri: asset.uri, extra: event.extra,
                    aliasNames: event.aliasNames, source: task, timestamp: instant))
        }
    }

    private mutating func target(of event: OutletEvent) -> AssetID? {
        if let extra = event.createdAssetExtra, let name = event.name, let uri = event.uri {
            let id = AssetID(name: name, uri: uri)
            if assetRows[id] == nil {
                assetRows[id] = AssetRecord(name: name, uri: uri, group: "asset", extra: extra, isActive: false)
            }
            return id
        }
        let found = firstAsset {
            $0.isActive && (event.name == nil || $0.name == event.name) && (event.uri == nil || $0.uri == event.uri)
        }
        return found.map { AssetID(name: $0.name, uri: $0.uri) }
    }

    /// Oldest first.
    package func assetEvents(name: String?, uri: String?, aliasName: String?) -> [AssetEvent] {
        events.filter { event in
            (name == nil || event.name == name) && (uri == nil || event.uri == uri)
                && aliasName.map(event.aliasNames.contains) ?? true
        }
        .sorted { ($0.timestamp, $0.id) < ($1.timestamp, $1.id) }
    }
}

extension InMemoryStoreCore {
    private func owner(_ scope: StateScope) -> StateOwner? {
        switch scope {
        case .task(let key): .task(key)
        case .assetName(let name): firstAsset { $0.name == name }.map { .asset(AssetID(name: $0.name, uri: $0.uri)) }
        case .assetURI(let uri): firstAsset { $0.uri == uri }.map { .asset(AssetID(name: $0.name, uri: $0.uri)) }
        }
    }

    func stateValue(_ scope: StateScope, key: String) -> JSONValue? { owner(scope).flatMap { state[$0]?[key] } }

    mutating func setStateValue(_ value: JSONValue, _ scope: StateScope, key: String) throws(StoreError) {
        if case .task(let task) = scope, runs[task.run] == nil { throw Self.missing(task.run) }
        guard let owner = owner(scope) else {
            throw StoreError(.notFound, "there is no asset \(scope.assetText)", location: "memory")
        }
        state[owner, default: [:]][key] = value
    }

    mutating func deleteStateValue(_ scope: StateScope, key: String) {
        if let owner = owner(scope) { state[owner]?[key] = nil }
    }

    mutating func clearState(_ scope: StateScope) {
        if let owner = owner(scope) { state[owner] = nil }
    }
}

extension StateScope {
    var assetText: String {
        switch self {
        case .task(let key): key.description
        case .assetName(let name): "named \(name)"
        case .assetURI(let uri): "with the URI \(uri)"
        }
    }
}
