import PipelineCore

/// A run with its task instances and, if asked for, its XComs: what `pipeline run` and `runs show` print.
struct RunResult {
    let run: DAGRun
    let taskInstances: [TaskInstance]
    /// `nil` when not asked for.
    let xcoms: [XCom]?
    /// What the tasks reported; `nil` when not asked for.
    var tracking: RunTracking?
    /// The events of assets that it consumes; `nil` when not asked for.
    var consumed: [AssetEvent]?

    init(run: DAGRun, store: any PipelineStore, withXComs: Bool) async throws {
        self.run = run
        taskInstances = try await store.taskInstances(TaskFilter(run: run.key))
        xcoms = withXComs ? try await store.xcoms(run: run.key, taskIDs: nil, key: nil) : nil
    }

    /// Prints the result. JSON goes out instance by instance: the text of 10,000 need not be in memory.
    func write(_ format: OutputFormat) {
        switch format {
        case .json: writeJSON()
        case .yaml: Terminal.print(YAMLWriter.text(.object(document)))
        case .table, .plain: Terminal.print(text(format))
        }
    }

    private var document: JSONObject {
        var object = RunDocument.run(run)
        object["task_instances"] = .array(taskInstances.map { .object(RunDocument.taskInstance($0)) })
        if let xcoms { object["xcoms"] = .array(xcoms.map { .object(RunDocument.xcom($0)) }) }
        if let consumed { object["consumed_asset_events"] = .array(consumed.map { .object(AssetsEvents.row($0)) }) }
        if let tracking { object = object.merging(tracking.document) }
        return object
    }

    private func writeJSON() {
        var writer = JSONObjectPrinter()
        for (key, value) in RunDocument.run(run) { writer.member(key, value) }
        writer.member("task_instances", taskInstances.lazy.map { .object(RunDocument.taskInstance($0)) })
        if let xcoms { writer.member("xcoms", xcoms.lazy.map { .object(RunDocument.xcom($0)) }) }
        if let consumed { writer.member("consumed_asset_events", .array(consumed.map { .object(AssetsEvents.row($0)) })) }
        if let tracking { for (key, value) in tracking.document { writer.member(key, value) } }
        writer.end()
    }

    private func text(_ format: OutputFormat) -> String {
        let columns = ["task_id", "map_index", "state", "try_number", "operator", "duration", "reason"]
        let tasks = Table(columns: columns, rows: taskInstances.map(RunDocument.taskInstance))
        var parts = [headline, tasks.rendered(format)]
        if let xcoms {
            let table = Table(columns: ["task_id", "map_index", "key", "value"], rows: xcoms.map(RunDocument.xcom))
            parts.append(table.rendered(format))
        }
        if let consumed { parts.append(AssetsEvents.table(consumed).rendered(format)) }
        if let tracking { parts += tracking.tables(format, withArtifacts: true) }
        return parts.joined(separator: "\n\n")
    }

    private var headline: String {
        var text = "\(run.key.dagID)  \(run.key.runID)  \(run.state.rawValue)"
        if let key = run.partitionKey { text += "  partition \(key)" }
        if let start = run.startDate, let end = run.endDate { text += "  \(ProgressLine.seconds(end - start))" }
        if let reason = run.reason { text += "  (\(reason))" }
        return text
    }
}
