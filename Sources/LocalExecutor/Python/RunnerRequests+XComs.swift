import PipelineCore

extension RunnerRequests {
    func xcoms(_ type: String, _ body: JSONValue) async throws -> RunnerAnswer? {
        switch type {
        case "GetXCom": return try await getXCom(body)
        case "SetXCom": return try await setXCom(body)
        case "DeleteXCom":
            try await service.deleteXCom(try Self.taskKey(body), key: Self.text(body, "key"))
            return .done
        case "GetXComCount":
            let count = try await service.xcomCount(
                run: Self.runKey(body), taskID: Self.text(body, "task_id"), key: Self.text(body, "key"))
            return .body("XComCountResponse", ["len": .int(count)])
        case "GetXComSequenceItem": return try await item(body)
        case "GetXComSequenceSlice": return try await slice(body)
        default: return nil
        }
    }

    /// An XCom that is not there is null, as in Airflow.
    private func getXCom(_ body: JSONValue) async throws -> RunnerAnswer {
        let key = try Self.text(body, "key")
        let value = try await service.xcom(
            Self.taskKey(body), key: key, includePriorDates: body["include_prior_dates"]?.boolValue ?? false)
        return .body("XComResult", ["key": .string(key), "value": value ?? .null])
    }

    private func setXCom(_ body: JSONValue) async throws -> RunnerAnswer {
        let length = body["mapped_length"]?.intValue.flatMap { $0 < 0 ? nil : $0 }
        let xcom = XCom(
            task: try Self.taskKey(body), key: try Self.text(body, "key"), value: body["value"] ?? .null,
            mappedLength: length, timestamp: wallClock.now())
        try await service.setXCom(xcom)
        return .done
    }

    private func item(_ body: JSONValue) async throws -> RunnerAnswer {
        let (run, taskID, key) = (try Self.runKey(body), try Self.text(body, "task_id"), try Self.text(body, "key"))
        let offset = body["offset"]?.intValue ?? 0
        if let value = try await service.xcomItem(run: run, taskID: taskID, key: key, offset: offset) {
            return .body("XComSequenceIndexResult", ["root": value])
        }
        return .refusal(
            code: "XCOM_NOT_FOUND",
            detail: [
                "dag_id": .string(run.dagID), "run_id": .string(run.runID), "task_id": .string(taskID),
                "key": .string(key), "offset": .int(offset),
            ])
    }

    private func slice(_ body: JSONValue) async throws -> RunnerAnswer {
        let values = try await service.xcomSlice(
            run: Self.runKey(body), taskID: Self.text(body, "task_id"), key: Self.text(body, "key"),
            start: body["start"]?.intValue, stop: body["stop"]?.intValue, step: body["step"]?.intValue,
            includePriorDates: body["include_prior_dates"]?.boolValue ?? false)
        return .body("XComSequenceSliceResult", ["root": .array(values)])
    }

    /// The instance that a message is about; no map index and a negative one mean an unmapped task.
    private static func taskKey(_ body: JSONValue) throws(TaskServiceError) -> TaskInstanceKey {
        let index = body["map_index"]?.intValue ?? TaskInstanceKey.unmapped
        return TaskInstanceKey(run: try runKey(body), taskID: try text(body, "task_id"), mapIndex: max(-1, index))
    }
}
