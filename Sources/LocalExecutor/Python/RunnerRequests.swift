import PipelineCore

/// Answers what a running try asks, or a trigger, out of the task service. Terminal messages are not its business.
/// Source: Airflow `sdk/execution_time/supervisor.py` (`ActivitySubprocess._handle_request`), `request_handlers.py`.
struct RunnerRequests: Sendable {
    /// Who asks; `nil`: a trigger, which has no launch.
    let asking: TaskLaunch?
    let service: any TaskService
    let facts: any PythonTaskFacts
    let log: SupervisorLog
    let wallClock: any WallClock

    /// The launch that asks.
    /// - Throws: ``TaskServiceError`` `invalid` where a trigger asks what only a running try may.
    var launch: TaskLaunch {
        get throws(TaskServiceError) {
            if let asking { return asking }
            throw TaskServiceError(.invalid, reason: "invalid_message", "only a running task may ask that")
        }
    }

    /// The answer to `body`; what goes wrong is an answer too, as it is in Airflow.
    func answer(_ body: JSONValue) async -> RunnerAnswer {
        do {
            let type = body["type"]?.stringValue ?? ""
            let all = [task, people, xcoms, settings, runs, instances, assets, states]
            for answers in all {
                if let answer = try await answers(type, body) { return answer }
            }
            log.write("error", "Unhandled request", ["type": .string(type)], logger: "supervisor")
            return .failure(
                detail: ["status_code": 400, "message": .string("Unhandled request \(type)")])
        } catch {
            return .failure(error)
        }
    }

    /// Requests about the try itself.
    private func task(_ type: String, _ body: JSONValue) async throws -> RunnerAnswer? {
        switch type {
        case "SetRenderedFields":
            try await service.setRenderedFields(body["rendered_fields"]?.objectValue ?? [:], of: try launch.instance.key)
            return .done
        case "SetRenderedMapIndex":
            try await service.setRenderedMapIndex(body["rendered_map_index"]?.stringValue ?? "", try launch.id)
            return .done
        case "SkipDownstreamTasks":
            try await service.skipDownstream(try launch.id, Self.skipTargets(body["tasks"]))
            return .done
        case "ValidateInletsAndOutlets": return try await inactiveAssets()
        case "GetTaskRescheduleStartDate":
            let date = try await service.firstRescheduleDate(tryID: try launch.instance.id)
            return .body("TaskRescheduleStartDate", ["start_date": WireForms.date(date)])
        case "MaskSecret":
            log.mask(body["value"] ?? .null, name: body["name"]?.stringValue)
            return .done
        case "ResendLoggingFD": return .logChannel
        default: return nil
        }
    }

    private static func skipTargets(_ tasks: JSONValue?) -> [SkipTarget] {
        (tasks?.arrayValue ?? []).compactMap { task in
            if let id = task.stringValue { return SkipTarget(taskID: id) }
            return task[0]?.stringValue.map { SkipTarget(taskID: $0, mapIndex: task[1]?.intValue) }
        }
    }

    private func inactiveAssets() async throws -> RunnerAnswer {
        let inactive = try await service.inactiveAssets(of: try launch.task).map { asset -> JSONValue in
            ["name": asset["name"] ?? .null, "uri": asset["uri"] ?? .null, "type": "Asset"]
        }
        return .body("InactiveAssetsResult", ["inactive_assets": .array(inactive)])
    }

    /// A member that the SDK's model requires.
    static func text(_ body: JSONValue, _ key: String) throws(TaskServiceError) -> String {
        guard let text = body[key]?.stringValue else {
            let type = body["type"]?.stringValue ?? "a message"
            throw TaskServiceError(.invalid, reason: "invalid_message", "\(type) needs \(key)")
        }
        return text
    }

    static func runKey(_ body: JSONValue) throws(TaskServiceError) -> RunKey {
        RunKey(dagID: try text(body, "dag_id"), runID: try text(body, "run_id"))
    }

    static func instant(_ body: JSONValue, _ key: String) -> Timestamp? {
        body[key]?.stringValue.flatMap { Timestamp(iso8601: $0) }
    }

    static func texts(_ body: JSONValue, _ key: String) -> [String]? {
        body[key]?.arrayValue?.compactMap(\.stringValue)
    }
}
