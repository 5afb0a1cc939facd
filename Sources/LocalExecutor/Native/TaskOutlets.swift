import PipelineCore

/// A task's outlets as the Task SDK reports them on success (`AssetProfile`).
/// Source: Airflow 3.3 `sdk/execution_time/task_runner.py` (`_build_asset_profiles`).
enum TaskOutlets {
    static func profiles(of outlets: [JSONValue]) -> [JSONValue] {
        outlets.compactMap { outlet in
            let members = outlet["__var"] ?? outlet
            switch outlet["__type"]?.stringValue {
            case "asset": return profile("Asset", name: members["name"], uri: members["uri"])
            case "asset_alias": return profile("AssetAlias", name: members["name"], uri: nil)
            case "asset_ref":
                return members["name"].map { profile("AssetNameRef", name: $0, uri: nil) }
                    ?? profile("AssetUriRef", name: nil, uri: members["uri"])
            default: return nil
            }
        }
    }

    private static func profile(_ type: String, name: JSONValue?, uri: JSONValue?) -> JSONValue {
        ["name": name ?? .null, "uri": uri ?? .null, "type": .string(type)]
    }
}
