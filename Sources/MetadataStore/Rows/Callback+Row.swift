import PipelineCore

extension CallbackRequest {
    /// In the order of the statement `CallbackColumns`.
    var row: [SQLValue] {
        [
            .uuid(id), .text(run.dagID), .text(run.runID), .text(work.kind), .json(.object(work.data)),
            .timestamp(createdAt), .int(attempts), .timestamp(dueAt),
        ]
    }

    init(_ row: inout RowReader) throws {
        let (id, run) = (try row.uuid(), RunKey(dagID: try row.text(), runID: try row.text()))
        let kind = try row.text()
        guard let work = CallbackWork(kind: kind, data: try row.object()) else {
            throw row.failure("does not say what a callback of type '\(kind)' needs")
        }
        self.init(id: id, run: run, work: work, createdAt: try row.timestamp())
        (attempts, dueAt) = (try row.int(), try row.optionalTimestamp())
    }
}

extension Deadline {
    /// In the order of the statement `DeadlineColumns`.
    var row: [SQLValue] {
        [
            .uuid(id), .text(run.dagID), .text(run.runID), .text(name), .timestamp(time), .bool(isMissed),
            sinceQueued.map { .int($0.microseconds) } ?? .null, .json(.object(action.json)),
        ]
    }

    init(_ row: inout RowReader) throws {
        let (id, run) = (try row.uuid(), RunKey(dagID: try row.text(), runID: try row.text()))
        let (name, time, isMissed) = (try row.optionalText(), try row.timestamp(), try row.bool())
        let interval = try row.optionalInt()
        guard let action = Action(try row.object()) else { throw row.failure("does not say what a missed deadline causes") }
        self.init(
            id: id, run: run, name: name, time: time, sinceQueued: interval.map { .microseconds($0) }, action: action)
        self.isMissed = isMissed
    }
}
