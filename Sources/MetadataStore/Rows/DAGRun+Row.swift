import PipelineCore

extension DAGRun {
    /// In the order of the statement `RunColumns`.
    var row: [SQLValue] {
        [
            .text(key.dagID), .text(key.runID), .text(type.rawValue), .text(state.rawValue), .timestamp(logicalDate),
            .timestamp(dataIntervalStart), .timestamp(dataIntervalEnd), .timestamp(runAfter), .timestamp(queuedAt),
            .timestamp(startDate), .timestamp(endDate), .timestamp(updatedAt), .json(JSONValue.object(conf)),
            .text(triggeredBy.rawValue), .text(triggeringUser), .uuid(dagVersionID), .text(bundleVersion),
            .int(clearNumber), .text(partitionKey), .text(note), .text(reason), .int(backfillID),
            .timestamp(partitionDate),
        ]
    }

    init(_ row: inout RowReader) throws {
        let key = RunKey(dagID: try row.text(), runID: try row.text())
        let (type, state) = (try row.word(RunType.self), try row.word(RunState.self))
        let logicalDate = try row.optionalTimestamp()
        let interval = (try row.optionalTimestamp(), try row.optionalTimestamp())
        let runAfter = try row.timestamp()
        let dates = (
            try row.optionalTimestamp(), try row.optionalTimestamp(), try row.optionalTimestamp(),
            try row.optionalTimestamp()
        )
        let conf = try row.object()
        self.init(key: key, type: type, runAfter: runAfter, triggeredBy: try row.word(RunTrigger.self))
        (self.state, self.logicalDate, self.conf) = (state, logicalDate, conf)
        (dataIntervalStart, dataIntervalEnd) = interval
        (queuedAt, startDate, endDate, updatedAt) = dates
        (triggeringUser, dagVersionID, bundleVersion) = (
            try row.optionalText(), try row.optionalUUID(), try row.optionalText()
        )
        (clearNumber, partitionKey) = (try row.int(), try row.optionalText())
        (note, reason) = (try row.optionalText(), try row.optionalText())
        backfillID = try row.optionalInt()
        partitionDate = try row.optionalTimestamp()
    }
}
