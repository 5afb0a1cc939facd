/// What makes an asset the same one: its name and its URI together. Source: Airflow 3.3 `SerializedAssetUniqueKey`.
package struct AssetKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var name: String
    package var uri: String

    package init(name: String, uri: String) {
        self.name = name
        self.uri = uri
    }

    package static func < (left: AssetKey, right: AssetKey) -> Bool { (left.name, left.uri) < (right.name, right.uri) }

    package var description: String { name == uri ? name : "\(name) (\(uri))" }
}

extension AssetRecord {
    package var key: AssetKey { AssetKey(name: name, uri: uri) }
}

extension AssetEvent {
    package var asset: AssetKey { AssetKey(name: name, uri: uri) }
}
