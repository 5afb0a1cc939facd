import PipelineCore

extension RunnerRequests {
    /// Variables and connections; their values are masked in the log from then on.
    func settings(_ type: String, _ body: JSONValue) async throws -> RunnerAnswer? {
        switch type {
        case "GetVariable": return try await variable(Self.text(body, "key"))
        case "GetVariableKeys": return try await variableKeys(body)
        case "PutVariable":
            var variable = Variable(key: try Self.text(body, "key"), value: body["value"]?.stringValue ?? "")
            variable.description = body["description"]?.stringValue
            try await service.setVariable(variable)
            return .done
        case "DeleteVariable":
            try await service.deleteVariable(Self.text(body, "key"))
            return .ok
        case "GetConnection": return try await connection(Self.text(body, "conn_id"))
        default: return nil
        }
    }

    private func variable(_ key: String) async throws -> RunnerAnswer {
        guard let value = try await service.variable(key) else {
            return .refusal(code: "VARIABLE_NOT_FOUND", detail: ["key": .string(key)])
        }
        log.mask(.string(value), name: key)
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
        for secret in [connection.password, connection.extra].compactMap({ $0 }) { log.mask(.string(secret)) }
        return .body("ConnectionResult", WireForms.connection(connection))
    }
}
