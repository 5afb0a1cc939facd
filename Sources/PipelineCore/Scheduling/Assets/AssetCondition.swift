/// What a DAG that is scheduled by assets waits for. Source: Airflow 3.3 `serialization/definitions/assets.py`.
package indirect enum AssetCondition: Sendable, Hashable {
    case all([AssetCondition])
    case any([AssetCondition])
    case asset(AssetKey)
    /// Any of the assets that events through the alias went to.
    case alias(String)
    /// The active asset of this name or URI.
    case reference(name: String?, uri: String?)

    /// - Parameter serialized: an object with a `__type`; `nil` is answered where that is none of an asset.
    package init?(_ serialized: JSONValue) {
        let (name, uri) = (serialized["name"]?.stringValue, serialized["uri"]?.stringValue)
        switch serialized["__type"]?.stringValue {
        case "asset_all": self = .all(Self.members(serialized))
        case "asset_any": self = .any(Self.members(serialized))
        case "asset":
            guard let name, let uri else { return nil }
            self = .asset(AssetKey(name: name, uri: uri))
        case "asset_alias":
            guard let name else { return nil }
            self = .alias(name)
        case "asset_ref" where name != nil || uri != nil: self = .reference(name: name, uri: uri)
        default: return nil
        }
    }

    private static func members(_ serialized: JSONValue) -> [AssetCondition] {
        (serialized["objects"]?.arrayValue ?? []).compactMap { AssetCondition($0) }
    }

    /// Everything that it names, without the conjunctions.
    package var leaves: [AssetCondition] {
        switch self {
        case .all(let members), .any(let members): members.flatMap(\.leaves)
        case .asset, .alias, .reference: [self]
        }
    }

    /// Whether it holds when these assets are queued. Source: Airflow 3.3 `assets/evaluation.py`.
    package func holds(_ queued: Set<AssetKey>, _ assets: AssetIndex) -> Bool {
        switch self {
        case .all(let members): members.allSatisfy { $0.holds(queued, assets) }
        case .any(let members): members.contains { $0.holds(queued, assets) }
        case .asset(let asset): queued.contains(asset)
        case .alias(let name): !assets.members(ofAlias: name).isDisjoint(with: queued)
        case .reference(let name, let uri): assets.active(name: name, uri: uri).map(queued.contains) ?? false
        }
    }
}
