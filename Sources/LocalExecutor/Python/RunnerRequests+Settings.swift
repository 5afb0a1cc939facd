import PipelineCore

extension RunnerRequests {
    func settings(_ type: String, _ body: JSONValue) async throws -> RunnerAnswer? {
        try await SettingsRequests(service: service) { log.mask($0, name: $1) }.answer(type, body)
    }
}

/// Answers what tasks and DAG files ask about variables and connections.
struct SettingsRequests: Sendable {
    let service: any TaskService
    /// Told each secret value, with the name that decides whether it is one.
    let mask: @Sendable (JSONValue, String?) -> Void

    func answer(_ type: String, _ body: JSONValue) async throws -> RunnerAnswer? {
        switch type {
        case "GetVariable": return try await variable(RunnerRequests.text(body, "key"))
        case "GetVariableKeys": return try await variableKeys(body)
        case "PutVariable":
            var variable = Variable(key: try RunnerRequests.text(body, "key"), value: body["value"]?.stringValue ?? "")
            variable.description = body["description"]?.stringValue
            try await service.setVariable(variable)
            return .done
        case "DeleteVariable":
            try await service.deleteVariable(RunnerRequests.text(body, "key"))
            return .ok
        case "GetConnection": return try await connection(RunnerRequests.text(body, "conn_id"))
        default: return nil
        }
    }

    private func variable(_ key: String) async throws -> RunnerAnswer {
        guard let value = try await service.variable(key) else {
            return .refusal(code: "VARIABLE_NOT_FOUND", detail: ["key": .string(key)])
        }
        mask(.string(value), key)
        return .body("VariableResult", ["key": .string(key), "value": .string(value)])
    }

    private func variableKeys(_ body: JSONValue) async throws -> RunnerAnswer {
        let keys = try await service.variableKeys(prefix: body["prefix"]?.stringValue)
        let page = keys.dropFirst(body["offset"]?.intValue ?? 0).prefix(body["limit"]?.intValue ?? 1_000)
        return .body(
            "VariableKeysResult",
            ["keys": .array(page.map(JSONValue.string)), "total_entries": .int(keys.count)])
    }

    private func connection(_ id: String) async throws -> RunnerAnswer {
        guard let connection = try await service.connection(id) else {
            return .refusal(code: "CONNECTION_NOT_FOUND", detail: ["conn_id": .string(id)])
        }
        for secret in [connection.password, connection.extra].compactMap({ $0 }) { mask(.string(secret), nil) }
        return .body("ConnectionResult", WireForms.connection(connection))
    }
}
