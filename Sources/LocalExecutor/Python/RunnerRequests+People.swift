import PipelineCore

extension RunnerRequests {
    /// Questions to people. Source: Airflow 3.3 `execution_api/routes/hitl.py`.
    func people(_ type: String, _ body: JSONValue) async throws -> RunnerAnswer? {
        switch type {
        case "CreateHITLDetailPayload":
            let detail = try question(body)
            try await service.askPerson(detail)
            return .body("HITLDetailRequestResult", Self.request(detail))
        case "GetHITLDetailResponse":
            guard let detail = try await service.hitlDetail(tryID: Self.tryID(body)) else {
                throw TaskServiceError(.notFound, reason: "not_found", "HITLDetail not found.")
            }
            return .body("HITLDetailResponseResult", Self.response(detail))
        case "UpdateHITLDetail":
            let response = HITLResponse(
                chosenOptions: Self.texts(body, "chosen_options") ?? [],
                paramsInput: body["params_input"]?.objectValue ?? [:], respondedBy: nil, respondedAt: wallClock.now())
            let detail = try await service.respond(response, tryID: Self.tryID(body))
            return .body("HITLDetailResponseResult", Self.response(detail))
        default: return nil
        }
    }

    /// A task asks for itself, whatever try it names.
    private func question(_ body: JSONValue) throws(TaskServiceError) -> HITLDetail {
        let instance = try launch.instance
        guard let options = Self.texts(body, "options"), !options.isEmpty else {
            throw TaskServiceError(.invalid, reason: "invalid_message", "a question needs options")
        }
        return HITLDetail(
            tryID: instance.id, task: instance.key, options: options, subject: try Self.text(body, "subject"),
            body: body["body"]?.stringValue, defaults: Self.texts(body, "defaults"),
            multiple: body["multiple"]?.boolValue ?? false, params: body["params"]?.objectValue ?? [:],
            assignedUsers: (body["assigned_users"]?.arrayValue ?? []).compactMap { HITLUser($0) },
            createdAt: wallClock.now())
    }

    private static func tryID(_ body: JSONValue) throws(TaskServiceError) -> UUID7 {
        if let id = UUID7(try text(body, "ti_id")) { return id }
        throw TaskServiceError(.invalid, reason: "invalid_message", "ti_id is no UUID")
    }

    private static func request(_ detail: HITLDetail) -> JSONObject {
        [
            "ti_id": .string(detail.tryID.description), "options": .array(detail.options.map(JSONValue.string)),
            "subject": .string(detail.subject), "body": WireForms.text(detail.body),
            "defaults": detail.defaults.map { .array($0.map(JSONValue.string)) } ?? .null,
            "multiple": .bool(detail.multiple), "params": .object(detail.params),
            "assigned_users": .array(detail.assignedUsers.map(\.json)),
        ]
    }

    private static func response(_ detail: HITLDetail) -> JSONObject {
        let response = detail.response
        return [
            "response_received": .bool(response != nil), "responded_by_user": response?.respondedBy?.json ?? .null,
            "responded_at": WireForms.date(response?.respondedAt),
            "chosen_options": response.map { .array($0.chosenOptions.map(JSONValue.string)) } ?? .null,
            "params_input": response.map { .object($0.paramsInput) } ?? [:],
        ]
    }
}
