import PipelineCore

extension RunnerRequests {
    func assets(_ type: String, _ body: JSONValue) async throws -> RunnerAnswer? {
        switch type {
        case "GetAssetByName":
            let name = try Self.text(body, "name")
            return Self.asset(try await service.asset(name: name), ["name": .string(name)])
        case "GetAssetByUri":
            let uri = try Self.text(body, "uri")
            return Self.asset(try await service.asset(uri: uri), ["uri": .string(uri)])
        case "GetAssetsByAlias":
            let assets = try await facts.assets(ofAlias: Self.text(body, "alias_name")).map { asset -> JSONValue in
                .object(WireForms.asset(asset).merging(["type": "AssetResult"]))
            }
            return .body("AssetsByAliasResult", ["assets": .array(assets)])
        case "GetAssetEventByAsset", "GetAssetEventByAssetAlias": return try await events(body)
        default: return nil
        }
    }

    private static func asset(_ asset: AssetRecord?, _ query: JSONValue) -> RunnerAnswer {
        guard let asset else { return .refusal(code: "ASSET_NOT_FOUND", detail: query) }
        return .body("AssetResult", WireForms.asset(asset))
    }

    private func events(_ body: JSONValue) async throws -> RunnerAnswer {
        let (after, before) = (Self.instant(body, "after"), Self.instant(body, "before"))
        var events = try await service.assetEvents(
            name: body["name"]?.stringValue, uri: body["uri"]?.stringValue, aliasName: body["alias_name"]?.stringValue)
        events = events.filter { event in
            after.map { event.timestamp >= $0 } ?? true && before.map { event.timestamp <= $0 } ?? true
        }
        let isAscending = body["ascending"]?.boolValue ?? true
        events.sort { isAscending ? $0.timestamp < $1.timestamp : $0.timestamp > $1.timestamp }
        if let limit = body["limit"]?.intValue { events = Array(events.prefix(limit)) }
        var forms: [JSONValue] = []
        for event in events { forms.append(WireForms.event(event, of: try await service.asset(uri: event.uri))) }
        return .body("AssetEventsResult", ["asset_events": .array(forms)])
    }
}
