import PipelineCore

extension TrackedMetric {
    /// In the order of the statement `TrackedMetricColumns`. NaN is NULL.
    var row: [SQLValue] {
        task.row + [
            .text(name), .int(step), .int(epoch), value.isNaN ? .null : .real(value), .int(tryNumber),
            .timestamp(timestamp),
        ]
    }

    init(_ row: inout RowReader) throws {
        let (task, name) = (try TaskInstanceKey(&row), try row.text())
        let (step, epoch, value) = (try row.int(), try row.optionalInt(), try row.optionalReal())
        self.init(
            task: task, name: name, step: step, epoch: epoch, value: value ?? .nan, tryNumber: try row.int(),
            timestamp: try row.timestamp())
    }
}

extension TrackedParam {
    /// In the order of the statement `TrackedParamColumns`.
    var row: [SQLValue] { task.row + [.text(name), .json(value), .int(tryNumber), .timestamp(timestamp)] }

    init(_ row: inout RowReader) throws {
        let (task, name, value) = (try TaskInstanceKey(&row), try row.text(), try row.json())
        self.init(task: task, name: name, value: value, tryNumber: try row.int(), timestamp: try row.timestamp())
    }
}

extension TrackedArtifact {
    /// In the order of the statement `TrackedArtifactColumns`.
    var row: [SQLValue] {
        task.row + [
            .text(file.name), .text(file.path), .int(file.bytes), .text(file.sha256), .int(tryNumber),
            .timestamp(timestamp),
        ]
    }

    init(_ row: inout RowReader) throws {
        let task = try TaskInstanceKey(&row)
        let file = ReportedArtifact(
            name: try row.text(), path: try row.text(), bytes: try row.int(), sha256: try row.text())
        self.init(task: task, file: file, tryNumber: try row.int(), timestamp: try row.timestamp())
    }
}
