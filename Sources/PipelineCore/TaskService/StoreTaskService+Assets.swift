extension StoreTaskService {
    package func asset(name: String) async throws -> AssetRecord? { try await store.asset(name: name) }

    package func asset(uri: String) async throws -> AssetRecord? { try await store.asset(uri: uri) }

    package func assetEvents(name: String?, uri: String?, aliasName: String?) async throws -> [AssetEvent] {
        try await store.assetEvents(name: name, uri: uri, aliasName: aliasName)
    }

    /// Source: Airflow 3.3 `validate-inlets-and-outlets`; aliases and references name no asset of their own.
    package func inactiveAssets(of task: TaskDefinition) async throws -> [JSONValue] {
        let used = (task.inlets + task.outlets).filter { $0["__type"]?.stringValue == "asset" }
        guard !used.isEmpty else { return [] }
        let active = Set(try await store.assets().filter(\.isActive).map { [$0.name, $0.uri] })
        return used.compactMap { asset in
            guard let name = asset["name"]?.stringValue, let uri = asset["uri"]?.stringValue,
                !active.contains([name, uri])
            else { return nil }
            return ["name": .string(name), "uri": .string(uri)]
        }
    }

    package func stateValue(_ scope: StateScope, key: String) async throws -> JSONValue? {
        try await store.stateValue(scope, key: key)
    }

    package func setStateValue(_ value: JSONValue, _ scope: StateScope, key: String) async throws {
        try await store.setStateValue(value, scope, key: key)
    }

    package func deleteStateValue(_ scope: StateScope, key: String) async throws {
        try await store.deleteStateValue(scope, key: key)
    }

    package func clearState(_ scope: StateScope) async throws { try await store.clearState(scope) }
}
