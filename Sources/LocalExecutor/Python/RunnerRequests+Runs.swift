import PipelineCore

extension RunnerRequests {
    func runs(_ type: String, _ body: JSONValue) async throws -> RunnerAnswer? {
        switch type {
        case "GetDagRun":
            let run = try await existing(Self.runKey(body))
            let consumed = try await facts.consumedAssetEvents(of: run.key)
            return .body("DagRunResult", WireForms.run(run, consumed: consumed))
        case "GetDagRunState":
            let run = try await existing(Self.runKey(body))
            return .body("DagRunStateResult", ["state": .string(run.state.rawValue)])
        case "GetPreviousDagRun": return try await previousRun(body)
        case "GetPrevSuccessfulDagRun": return try await previousSuccess()
        case "GetDRCount":
            return .body("DRCount", ["count": .int(try await service.countRuns(Self.runFilter(body)))])
        case "TriggerDagRun": return try await trigger(body)
        case "GetDag": return try await dag(Self.text(body, "dag_id"))
        default: return nil
        }
    }

    private func existing(_ key: RunKey) async throws -> DAGRun {
        if let run = try await service.run(key) { return run }
        throw TaskServiceError(
            .notFound, reason: "not_found",
            "The DagRun with dag_id: `\(key.dagID)` and run_id: `\(key.runID)` was not found")
    }

    private func previousRun(_ body: JSONValue) async throws -> RunnerAnswer {
        guard let date = Self.instant(body, "logical_date") else {
            return .body("PreviousDagRunResult", ["dag_run": .null])
        }
        let states = body["state"]?.stringValue.flatMap(RunState.init(rawValue:)).map { [$0] } ?? []
        let run = try await service.previousRun(dagID: Self.text(body, "dag_id"), before: date, states: states)
        return .body("PreviousDagRunResult", ["dag_run": run.map { .object(WireForms.run($0)) } ?? .null])
    }

    /// A run without a logical date has no predecessor.
    private func previousSuccess() async throws -> RunnerAnswer {
        var run: DAGRun?
        let own = try launch.run
        if let date = own.logicalDate {
            run = try await service.previousRun(dagID: own.key.dagID, before: date, states: [.success])
        }
        return .body(
            "PrevSuccessfulDagRunResult",
            [
                "data_interval_start": WireForms.date(run?.dataIntervalStart),
                "data_interval_end": WireForms.date(run?.dataIntervalEnd),
                "start_date": WireForms.date(run?.startDate), "end_date": WireForms.date(run?.endDate),
            ])
    }

    private static func runFilter(_ body: JSONValue) throws(TaskServiceError) -> RunFilter {
        var filter = RunFilter(dagID: try text(body, "dag_id"))
        filter.runIDs = texts(body, "run_ids") ?? []
        filter.states = (texts(body, "states") ?? []).compactMap(RunState.init(rawValue:))
        filter.logicalDates = (texts(body, "logical_dates") ?? []).compactMap { Timestamp(iso8601: $0) }
        return filter
    }

    /// A run that exists already is cleared where the task wants that, and otherwise the SDK's own error.
    private func trigger(_ body: JSONValue) async throws -> RunnerAnswer {
        let key = try Self.runKey(body)
        var request = TriggerRequest(dagID: key.dagID, type: .operatorTriggered, triggeredBy: .operator)
        request.runID = key.runID
        request.logicalDate = .some(Self.instant(body, "logical_date"))
        request.runAfter = Self.instant(body, "run_after")
        request.conf = body["conf"]?.objectValue ?? [:]
        request.note = body["note"]?.stringValue
        request.partitionKey = body["partition_key"]?.stringValue
        do {
            try await service.triggerRun(request)
        } catch let error as TaskServiceError where error.code == .conflict {
            guard body["reset_dag_run"]?.boolValue == true else {
                return .refusal(code: "DAGRUN_ALREADY_EXISTS", detail: .null)
            }
            try await service.clearRun(key)
        }
        return .ok
    }

    private func dag(_ id: String) async throws -> RunnerAnswer {
        guard let record = try await service.dag(id) else {
            throw TaskServiceError(.notFound, reason: "not_found", "The Dag with dag_id: `\(id)` was not found")
        }
        let own = asking.flatMap { $0.dag.id == id ? $0.dag : nil }
        let owners = Set(own?.tasks.map(\.owner) ?? []).sorted().joined(separator: ", ")
        return .body(
            "DagResult",
            [
                "dag_id": .string(id), "is_paused": .bool(record.isPaused), "bundle_name": .string(record.bundleName),
                "bundle_version": .null, "relative_fileloc": .string(record.relativeFileLocation),
                "owners": owners.isEmpty ? .null : .string(owners),
                "tags": .array((own?.header.tags ?? []).map(JSONValue.string)), "next_dagrun": .null,
            ])
    }
}
