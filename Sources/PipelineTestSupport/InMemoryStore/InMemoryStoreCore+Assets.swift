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
            assetRows[AssetKey(name: asset.name, uri: asset.uri)] = row
        }
    }

    mutating func saveAssetEvents(_ derived: [OutletEvent], of task: TaskInstanceKey, at instant: Timestamp) {
        for (ordinal, event) in derived.enumerated() {
            guard let asset = target(of: event) else { continue }
            for alias in event.aliasNames { assetQueue.aliases[alias, default: []].insert(asset) }
            let identity = AssetEventIdentity(source: task, timestamp: instant, ordinal: ordinal)
            guard eventIDs[identity] == nil else { continue }
            let made = add(
                asset, extra: event.extra, aliasNames: event.aliasNames, source: task, partition: event.partitionKey,
                at: instant)
            registrations[made.id] = instant
            eventIDs[identity] = made.id
        }
    }

    private mutating func add(
        _ asset: AssetKey, extra: JSONValue, aliasNames: [String] = [], source: TaskInstanceKey? = nil,
        partition: String? = nil, at instant: Timestamp
    ) -> AssetEvent {
        let event = AssetEvent(
            id: events.count + 1, name: asset.name, uri: asset.uri, extra: extra, aliasNames: aliasNames,
            source: source, timestamp: instant, partitionKey: partition)
        events.append(event)
        return event
    }

    package mutating func createAssetEvent(
        _ asset: AssetKey, extra: JSONValue, partitionKey: String?, at instant: Timestamp
    ) throws(StoreError) -> AssetEvent {
        guard assetRows[asset] != nil else {
            throw StoreError(.notFound, "there is no asset \(asset)", location: "memory")
        }
        return add(asset, extra: extra, partition: partitionKey, at: instant)
    }

    mutating func register(_ id: Int, at instant: Timestamp) {
        if registrations[id] == nil, events.contains(where: { $0.id == id }) { registrations[id] = instant }
    }

    var unregisteredAssetEvents: [AssetEvent] { Self.sorted(events.filter { registrations[$0.id] == nil }) }

    mutating func queue(_ row: QueuedAsset) {
        guard assetRows[row.asset] != nil,
            !assetQueue.queued.contains(where: { $0.dagID == row.dagID && $0.asset == row.asset })
        else { return }
        assetQueue.queued.append(row)
        assetQueue.queued.sort { ($0.dagID, $0.asset) < ($1.dagID, $1.asset) }
    }

    mutating func consume(_ consumption: AssetConsumption) {
        let earlier = consumedEvents.filter { $0.key.dagID == consumption.run.dagID && $0.key != consumption.run }
        let taken = earlier.values.reduce(into: Set<Int>()) { $0.formUnion($1) }
        let found = events.filter { event in
            guard let registered = registrations[event.id], registered <= consumption.through,
                consumption.from.map({ registered >= $0 }) ?? true, !taken.contains(event.id)
            else { return false }
            return consumption.assets.contains(event.asset)
                || !Set(event.aliasNames).isDisjoint(with: consumption.aliases)
        }
        consumedEvents[consumption.run, default: []].formUnion(found.map(\.id))
    }

    package func consumedAssetEvents(_ run: RunKey) -> [AssetEvent] {
        let ids = consumedEvents[run] ?? []
        return Self.sorted(events.filter { ids.contains($0.id) })
    }

    func assets(ofAlias name: String) -> [AssetRecord] {
        (assetQueue.aliases[name] ?? []).sorted().compactMap { assetRows[$0] }
    }

    /// With the last runs, which the runs themselves say.
    var wholeAssetQueue: AssetQueue {
        var queue = assetQueue
        for run in runs.values where run.type == .assetTriggered {
            queue.lastRuns[run.key.dagID] = max(run.runAfter, queue.lastRuns[run.key.dagID] ?? run.runAfter)
        }
        return queue
    }

    private static func sorted(_ events: [AssetEvent]) -> [AssetEvent] {
        events.sorted { ($0.timestamp, $0.id) < ($1.timestamp, $1.id) }
    }

    private mutating func target(of event: OutletEvent) -> AssetKey? {
        if let extra = event.createdAssetExtra, let name = event.name, let uri = event.uri {
            let id = AssetKey(name: name, uri: uri)
            if assetRows[id] == nil {
                assetRows[id] = AssetRecord(name: name, uri: uri, group: "asset", extra: extra, isActive: false)
            }
            return id
        }
        let found = firstAsset {
            $0.isActive && (event.name == nil || $0.name == event.name) && (event.uri == nil || $0.uri == event.uri)
        }
        return found.map { AssetKey(name: $0.name, uri: $0.uri) }
    }

    /// Oldest first.
    package func assetEvents(name: String?, uri: String?, aliasName: String?) -> [AssetEvent] {
        Self.sorted(
            events.filter { event in
                (name == nil || event.name == name) && (uri == nil || event.uri == uri)
                    && aliasName.map(event.aliasNames.contains) ?? true
            })
    }
}

extension InMemoryStoreCore {
    private func owner(_ scope: StateScope) -> StateOwner? {
        switch scope {
        case .task(let key): .task(key)
        case .assetName(let name): firstAsset { $0.name == name }.map { .asset(AssetKey(name: $0.name, uri: $0.uri)) }
        case .assetURI(let uri): firstAsset { $0.uri == uri }.map { .asset(AssetKey(name: $0.name, uri: $0.uri)) }
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
