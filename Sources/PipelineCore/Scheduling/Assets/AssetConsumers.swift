/// Which DAGs wait for an event, by what their conditions name. Source: Airflow 3.3 `assets/manager.py`
/// (`register_asset_change`).
struct AssetConsumers: Sendable {
    private enum Place: Hashable {
        case asset(AssetKey), alias(String), name(String), uri(String)
    }

    private var dagIDs: [Place: Set<String>] = [:]

    mutating func insert(_ dagID: String, _ condition: AssetCondition) {
        for place in Self.places(condition) { dagIDs[place, default: []].insert(dagID) }
    }

    mutating func remove(_ dagID: String, _ condition: AssetCondition) {
        for place in Self.places(condition) {
            dagIDs[place]?.remove(dagID)
            if dagIDs[place]?.isEmpty == true { dagIDs[place] = nil }
        }
    }

    /// In the order of their ids.
    func waiting(for asset: AssetKey, aliasNames: [String]) -> [String] {
        let places = [.asset(asset), .name(asset.name), .uri(asset.uri)] + aliasNames.map { Place.alias($0) }
        return places.reduce(into: Set<String>()) { $0.formUnion(dagIDs[$1] ?? []) }.sorted()
    }

    private static func places(_ condition: AssetCondition) -> [Place] {
        condition.leaves.flatMap { leaf -> [Place] in
            switch leaf {
            case .asset(let asset): [.asset(asset)]
            case .alias(let name): [.alias(name)]
            case .reference(let name?, _): [.name(name)]
            case .reference(nil, let uri?): [.uri(uri)]
            default: []
            }
        }
    }
}
