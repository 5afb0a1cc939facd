/// Which assets names, URIs and aliases stand for: what the rows of `asset` and `asset_alias_asset` say.
package struct AssetIndex: Sendable {
    private var byName: [String: AssetKey] = [:]
    private var byURI: [String: AssetKey] = [:]
    private var aliases: [String: Set<AssetKey>]

    /// - Parameter aliases: the assets that events through each alias went to.
    package init(active: [AssetKey] = [], aliases: [String: Set<AssetKey>] = [:]) {
        self.aliases = aliases
        activate(active)
    }

    /// Makes exactly these assets active. Of two that share a name or a URI the first by name, then URI, is found.
    package mutating func activate(_ assets: [AssetKey]) {
        let sorted = assets.sorted()
        byName = Dictionary(sorted.map { ($0.name, $0) }) { first, _ in first }
        byURI = Dictionary(sorted.map { ($0.uri, $0) }) { first, _ in first }
    }

    package mutating func associate(_ asset: AssetKey, withAliases names: [String]) {
        for name in names { aliases[name, default: []].insert(asset) }
    }

    package func members(ofAlias name: String) -> Set<AssetKey> { aliases[name] ?? [] }

    /// The active asset with this name and this URI, as far as they are given.
    package func active(name: String?, uri: String?) -> AssetKey? {
        guard let name else { return uri.flatMap { byURI[$0] } }
        return byName[name].flatMap { uri == nil || $0.uri == uri ? $0 : nil }
    }

    /// The asset that an event of a task goes to; `nil`: none, the event is dropped. The store's statement
    /// `SaveAssetEvent` finds the same.
    package func target(of event: OutletEvent) -> AssetKey? {
        guard event.isThroughAlias else { return active(name: event.name, uri: event.uri) }
        guard let name = event.name, let uri = event.uri else { return nil }
        return AssetKey(name: name, uri: uri)
    }
}
