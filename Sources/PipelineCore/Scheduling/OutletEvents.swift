/// The asset events that a successful task causes, worked out from what its runner reported. Whether an asset exists
/// is the store's knowledge, so each event says which rows of `asset` it is for.
/// Source: Airflow 3.3 `TaskInstance.register_asset_changes_in_db`.
package struct OutletEvent: Sendable, Hashable {
    /// Which asset; at least one of name and URI is set.
    package var name: String?
    package var uri: String?
    package var extra: JSONValue
    /// Aliases through which the asset was named, sorted.
    package var aliasNames: [String]
    /// The partition that the task says it has written, else that of its run.
    package var partitionKey: String?
    /// The date of the run's partition; `nil` for an event of another one.
    package var partitionDate: Timestamp?
    /// An event through an alias also goes to an inactive asset, and brings an unknown one into being with this extra.
    package var createdAssetExtra: JSONValue?

    package var isThroughAlias: Bool { createdAssetExtra != nil }

    /// The events of `outlets` (`{"name","uri","type"}`) and `events` (`{"dest_asset_key","extra",
    /// "source_alias_name"?,"dest_asset_extra"?,"partition_key"?}`) in order, without duplicates. Events through an alias
    /// are always of the run's partition.
    package static func derived(
        outlets: [JSONValue], events: [JSONValue], partition: RunPartition? = nil
    ) -> [OutletEvent] {
        let payloads = events.filter { $0["source_alias_name"]?.stringValue == nil }
        var seen: Set<JSONValue> = []
        let direct = outlets.filter { seen.insert($0).inserted }.flatMap { Self.direct($0, payloads) }
        return (direct + aliased(outlets: outlets, events: events)).map { event in
            var event = event
            if event.partitionKey == nil { event.partitionKey = partition?.key }
            if event.partitionKey == partition?.key { event.partitionDate = partition?.date }
            return event
        }
    }

    private static func direct(_ outlet: JSONValue, _ payloads: [JSONValue]) -> [OutletEvent] {
        guard let target = target(of: outlet) else { return [] }
        let own = payloads.filter { target.matches($0["dest_asset_key"]) }
        guard !own.isEmpty else { return [target] }
        return own.map { payload in
            var event = target
            event.name = payload["dest_asset_key"]?["name"]?.stringValue
            event.uri = payload["dest_asset_key"]?["uri"]?.stringValue
            event.extra = orEmpty(payload["extra"])
            event.partitionKey = payload["partition_key"]?.stringValue
            return event
        }
    }

    private static func target(of outlet: JSONValue) -> OutletEvent? {
        let name = outlet["name"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        let uri = outlet["uri"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        return switch outlet["type"]?.stringValue {
        case "Asset" where name != nil && uri != nil: OutletEvent(name: name, uri: uri)
        case "AssetNameRef" where name != nil: OutletEvent(name: name, uri: nil)
        case "AssetUriRef" where uri != nil: OutletEvent(name: nil, uri: uri)
        default: nil
        }
    }

    private static func aliased(outlets: [JSONValue], events: [JSONValue]) -> [OutletEvent] {
        let known = outlets.filter { $0["type"]?.stringValue == "AssetAlias" }.compactMap { $0["name"]?.stringValue }
        var result: [OutletEvent] = []
        for event in events {
            guard let alias = event["source_alias_name"]?.stringValue, known.contains(alias),
                let name = event["dest_asset_key"]?["name"]?.stringValue,
                let uri = event["dest_asset_key"]?["uri"]?.stringValue
            else { continue }
            var made = OutletEvent(name: name, uri: uri)
            made.extra = orEmpty(event["extra"])
            made.createdAssetExtra = orEmpty(event["dest_asset_extra"])
            if let same = result.firstIndex(where: { $0.isSame(as: made) }) {
                result[same].aliasNames = Set(result[same].aliasNames + [alias]).sorted()
            } else {
                made.aliasNames = [alias]
                result.append(made)
            }
        }
        return result
    }

    private init(name: String?, uri: String?) {
        self.name = name
        self.uri = uri
        self.extra = .object(JSONObject())
        self.aliasNames = []
    }

    private func matches(_ key: JSONValue?) -> Bool {
        (name == nil || key?["name"]?.stringValue == name) && (uri == nil || key?["uri"]?.stringValue == uri)
    }

    private func isSame(as other: OutletEvent) -> Bool {
        name == other.name && uri == other.uri && extra == other.extra && createdAssetExtra == other.createdAssetExtra
    }

    private static func orEmpty(_ value: JSONValue?) -> JSONValue {
        guard let value, !value.isNull else { return .object(JSONObject()) }
        return value
    }
}
