import PipelineCore

extension XCom {
    init(_ row: inout RowReader) throws {
        let (task, key, value) = (try TaskInstanceKey(&row), try row.text(), try row.json())
        let mappedLength = try row.optionalInt()
        self.init(task: task, key: key, value: value, mappedLength: mappedLength, timestamp: try row.timestamp())
    }
}

extension Pool {
    /// `pool, slots, description, include_deferred`.
    var row: [SQLValue] { [.text(name), .int(slots), .text(description), .bool(includeDeferred)] }

    init(_ row: inout RowReader) throws {
        self.init(
            name: try row.text(), slots: try row.int(), description: try row.text(), includeDeferred: try row.bool())
    }
}

extension AssetRecord {
    init(_ row: inout RowReader) throws {
        let (name, uri, group) = (try row.text(), try row.text(), try row.text())
        self.init(name: name, uri: uri, group: group, extra: try row.json(), isActive: try row.bool())
    }
}

extension AssetEvent {
    init(_ row: inout RowReader) throws {
        let (id, name, uri, extra) = (try row.int(), try row.text(), try row.text(), try row.json())
        guard let aliases = try row.json().arrayValue else { throw row.failure("is not a JSON array") }
        let (dagID, runID) = (try row.optionalText(), try row.optionalText())
        let (taskID, mapIndex) = (try row.optionalText(), try row.optionalInt())
        var source: TaskInstanceKey?
        if let dagID, let runID, let taskID, let mapIndex {
            source = TaskInstanceKey(run: RunKey(dagID: dagID, runID: runID), taskID: taskID, mapIndex: mapIndex)
        }
        self.init(
            id: id, name: name, uri: uri, extra: extra, aliasNames: aliases.compactMap(\.stringValue),
            source: source, timestamp: try row.timestamp(), partitionKey: try row.optionalText())
    }
}

extension AssetKey {
    /// `name, uri`.
    var row: [SQLValue] { [.text(name), .text(uri)] }

    init(_ row: inout RowReader) throws { self.init(name: try row.text(), uri: try row.text()) }
}

extension AssetConsumption {
    /// Run, window, assets and aliases as JSON.
    var row: [SQLValue] {
        [
            .text(run.dagID), .text(run.runID), .timestamp(from), .timestamp(through),
            .json(.array(assets.map { [.string($0.name), .string($0.uri)] })),
            .json(.array(aliases.map { .string($0) })),
        ]
    }
}
