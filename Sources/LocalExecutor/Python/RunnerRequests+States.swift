import PipelineCore

extension RunnerRequests {
    /// The task's and assets' own stores of small values.
    func states(_ type: String, _ body: JSONValue) async throws -> RunnerAnswer? {
        guard let (verb, scope, kind) = try scope(type, body) else { return nil }
        switch verb {
        case "Get":
            let key = try Self.text(body, "key")
            guard let value = try await service.stateValue(scope, key: key) else {
                return .refusal(code: "\(kind.uppercased())_STORE_NOT_FOUND", detail: ["key": .string(key)])
            }
            return .body("\(kind)StateStoreResult", ["value": value])
        case "Set": try await service.setStateValue(body["value"] ?? .null, scope, key: Self.text(body, "key"))
        case "Delete": try await service.deleteStateValue(scope, key: Self.text(body, "key"))
        default: try await service.clearState(scope)
        }
        return .ok
    }

    /// `GetTaskStateStore`, `ClearAssetStateStoreByUri`, ...: the verb, whose store, and its kind.
    private func scope(
        _ type: String, _ body: JSONValue
    ) throws(TaskServiceError) -> (verb: String, scope: StateScope, kind: String)? {
        for verb in ["Get", "Set", "Delete", "Clear"] where type.hasPrefix(verb) {
            switch type.dropFirst(verb.count) {
            case "TaskStateStore": return (verb, .task(try launch.instance.key), "Task")
            case "AssetStateStoreByName": return (verb, .assetName(try Self.text(body, "name")), "Asset")
            case "AssetStateStoreByUri": return (verb, .assetURI(try Self.text(body, "uri")), "Asset")
            default: return nil
            }
        }
        return nil
    }
}
