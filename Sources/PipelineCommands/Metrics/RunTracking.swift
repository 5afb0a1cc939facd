import PipelineCore

/// What the tasks of a run reported: the metrics' courses, the parameters and the files.
struct RunTracking {
    static let metricColumns = ["task_id", "map_index", "metric", "last", "best", "best_epoch", "best_step", "points"]
    static let paramColumns = ["task_id", "map_index", "param", "value"]
    static let artifactColumns = ["task_id", "map_index", "artifact", "bytes", "sha256", "path"]

    let series: [MetricSeries]
    let params: [TrackedParam]
    let artifacts: [TrackedArtifact]

    init(_ filter: TrackingFilter, store: any PipelineStore) async throws {
        series = MetricSeries.all(in: try await store.metrics(filter))
        params = try await store.params(filter)
        artifacts = try await store.artifacts(filter)
    }

    var isEmpty: Bool { series.isEmpty && params.isEmpty && artifacts.isEmpty }

    /// The members that it adds to a run's document.
    var document: JSONObject {
        [
            "metrics": .array(metricRows.map(JSONValue.object)), "params": .array(paramRows.map(JSONValue.object)),
            "artifacts": .array(artifactRows.map(JSONValue.object)),
        ]
    }

    /// The tables of metrics and parameters, for people.
    func tables(_ format: OutputFormat, withArtifacts: Bool) -> [String] {
        var tables: [Table] = []
        if !series.isEmpty { tables.append(Table(columns: shown(Self.metricColumns), rows: metricRows)) }
        if !params.isEmpty { tables.append(Table(columns: shown(Self.paramColumns), rows: paramRows)) }
        if withArtifacts, !artifacts.isEmpty {
            tables.append(Table(columns: shown(Self.artifactColumns), rows: artifactRows))
        }
        return tables.map { $0.withShortNumbers.rendered(format) }
    }

    /// Map indexes are a column only where a task is mapped.
    private func shown(_ columns: [String]) -> [String] {
        let tasks = series.map(\.task) + params.map(\.task) + artifacts.map(\.task)
        return tasks.contains { $0.mapIndex >= 0 } ? columns : columns.filter { $0 != "map_index" }
    }

    private var metricRows: [JSONObject] { series.map(Self.row) }

    /// A metric in one line.
    static func row(_ series: MetricSeries) -> JSONObject {
        place(series.task).merging([
            "metric": .string(series.name), "last": .double(series.last.value), "best": .double(series.best.value),
            "best_epoch": series.best.epoch.map { .int($0) } ?? .null, "best_step": .int(series.best.step),
            "points": .int(series.points.count),
        ])
    }

    private var paramRows: [JSONObject] {
        params.map { Self.place($0.task).merging(["param": .string($0.name), "value": $0.value]) }
    }

    private var artifactRows: [JSONObject] {
        artifacts.map { artifact in
            Self.place(artifact.task).merging([
                "artifact": .string(artifact.file.name), "bytes": .int(artifact.file.bytes),
                "sha256": .string(artifact.file.sha256), "path": .string(artifact.file.path),
            ])
        }
    }

    static func place(_ task: TaskInstanceKey) -> JSONObject {
        ["task_id": .string(task.taskID), "map_index": .int(task.mapIndex)]
    }
}

extension Table {
    /// The same with six significant digits, for people.
    var withShortNumbers: Table {
        let short = rows.map { row in
            JSONObject(row.map { ($0.key, $0.value.shortNumber) })
        }
        return Table(columns: columns, rows: short)
    }
}

extension JSONValue {
    /// A number in six significant digits as a text; anything else as it is.
    fileprivate var shortNumber: JSONValue {
        if case .double(let number) = self { .string(ShortNumber.text(number)) } else { self }
    }
}
