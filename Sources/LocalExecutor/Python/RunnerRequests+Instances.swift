import PipelineCore

extension RunnerRequests {
    /// How many earlier runs are looked at for a previous instance in a given state.
    private static let maximumRunsSearched = 1_000

    func instances(_ type: String, _ body: JSONValue) async throws -> RunnerAnswer? {
        switch type {
        case "GetTICount": return .body("TICount", ["count": .int(try await selected(body).count)])
        case "GetTaskStates": return try await taskStates(body)
        case "GetTaskBreadcrumbs":
            let all = try await service.taskInstances(TaskFilter(run: Self.runKey(body)))
            let ended = all.filter(\.isFinished).map(WireForms.breadcrumb)
            return .body("TaskBreadcrumbsResult", ["breadcrumbs": .array(ended)])
        case "GetPreviousTI": return try await previousInstance(body)
        default: return nil
        }
    }

    /// The instances that a filter message names: by task ids, and by the members of a task group besides.
    private func selected(_ body: JSONValue) async throws -> [TaskInstance] {
        var filter = TaskFilter()
        filter.dagID = try Self.text(body, "dag_id")
        filter.taskIDs = Self.texts(body, "task_ids") ?? []
        filter.runIDs = Self.texts(body, "run_ids") ?? []
        filter.logicalDates = (Self.texts(body, "logical_dates") ?? []).compactMap { Timestamp(iso8601: $0) }
        filter.mapIndex = body["map_index"]?.intValue.flatMap { $0 < 0 ? nil : $0 }
        filter.states = (Self.texts(body, "states") ?? []).compactMap(TaskState.init(rawValue:))
        if let group = body["task_group_id"]?.stringValue {
            filter.taskIDs += try await members(ofGroup: group, dagID: Self.text(body, "dag_id"))
        }
        return try await service.taskInstances(filter)
    }

    private func members(ofGroup group: String, dagID: String) async throws -> [String] {
        if let members = try await facts.taskIDs(inGroup: group, dagID: dagID) { return members }
        throw TaskServiceError(.notFound, reason: "not_found", "Task group \(group) not found in DAG \(dagID)")
    }

    private func taskStates(_ body: JSONValue) async throws -> RunnerAnswer {
        var byRun = JSONObject()
        for instance in try await selected(body) {
            let name = instance.mapIndex < 0 ? instance.taskID : "\(instance.taskID)_\(instance.mapIndex)"
            var tasks = byRun[instance.key.run.runID]?.objectValue ?? [:]
            tasks[name] = WireForms.text(instance.state?.rawValue)
            byRun[instance.key.run.runID] = .object(tasks)
        }
        return .body("TaskStatesResult", ["task_states": .object(byRun)])
    }

    /// The newest instance of the task before a date, by the logical dates of its runs.
    private func previousInstance(_ body: JSONValue) async throws -> RunnerAnswer {
        let (dagID, taskID) = (try Self.text(body, "dag_id"), try Self.text(body, "task_id"))
        let state = body["state"]?.stringValue
        var date = Self.instant(body, "logical_date") ?? Timestamp(microseconds: .max)
        for _ in 0..<Self.maximumRunsSearched {
            guard let run = try await service.previousRun(dagID: dagID, before: date, states: []),
                let runDate = run.logicalDate
            else { break }
            let filter = TaskFilter(run: run.key, taskIDs: [taskID], mapIndex: body["map_index"]?.intValue ?? -1)
            let found = try await service.taskInstances(filter).first
            if let found, state == nil || found.state?.rawValue == state {
                return .body("PreviousTIResult", ["task_instance": WireForms.previousInstance(found, of: run)])
            }
            date = runDate
        }
        return .body("PreviousTIResult", ["task_instance": .null])
    }
}
