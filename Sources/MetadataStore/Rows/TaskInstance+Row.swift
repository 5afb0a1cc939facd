import PipelineCore

extension TaskInstance {
    /// In the order of the statement `TaskColumns`.
    var row: [SQLValue] {
        [
            .uuid(id), .text(key.run.dagID), .text(key.run.runID), .text(key.taskID), .int(key.mapIndex),
            .text(state?.rawValue), .int(tryNumber), .int(maxTries), .int(launchNumber), .int(lossCount),
            .int(rescheduleCount), .timestamp(scheduledAt), .timestamp(queuedAt), .timestamp(startDate),
            .timestamp(endDate), .timestamp(updatedAt), .timestamp(nextLookAt), .text(operatorName), .text(pool),
            .int(poolSlots), .int(priorityWeight), .text(queue), .text(executor), .text(hostname), .text(unixname),
            .int(pid), .int(pidStartTime), .uuid(dagVersionID), .text(renderedMapIndex), .text(note),
            .text(nextMethod), .json(nextKwargs), .text(triggerClass), .json(triggerKwargs),
            .timestamp(triggerTimeout), .text(reason), .text(imageID),
        ]
    }

    init(_ row: inout RowReader) throws {
        let id = try row.uuid()
        self.init(id: id, key: try TaskInstanceKey(&row))
        state = try row.optionalWord(TaskState.self)
        (tryNumber, maxTries) = (try row.int(), try row.int())
        (launchNumber, lossCount, rescheduleCount) = (try row.int(), try row.int(), try row.int())
        (scheduledAt, queuedAt) = (try row.optionalTimestamp(), try row.optionalTimestamp())
        (startDate, endDate) = (try row.optionalTimestamp(), try row.optionalTimestamp())
        (updatedAt, nextLookAt) = (try row.optionalTimestamp(), try row.optionalTimestamp())
        (operatorName, pool, poolSlots) = (try row.text(), try row.text(), try row.int())
        (priorityWeight, queue, executor) = (try row.int(), try row.text(), try row.optionalText())
        (hostname, unixname) = (try row.text(), try row.text())
        (pid, pidStartTime) = (try row.optionalInt(), try row.optionalInt())
        (dagVersionID, renderedMapIndex) = (try row.optionalUUID(), try row.optionalText())
        (note, nextMethod, nextKwargs) = (try row.optionalText(), try row.optionalText(), try row.optionalJSON())
        (triggerClass, triggerKwargs) = (try row.optionalText(), try row.optionalJSON())
        (triggerTimeout, reason) = (try row.optionalTimestamp(), try row.optionalText())
        imageID = try row.optionalText()
    }
}

extension TaskInstanceKey {
    /// `dag_id, run_id, task_id, map_index`.
    var row: [SQLValue] { [.text(run.dagID), .text(run.runID), .text(taskID), .int(mapIndex)] }

    init(_ row: inout RowReader) throws {
        let run = RunKey(dagID: try row.text(), runID: try row.text())
        self.init(run: run, taskID: try row.text(), mapIndex: try row.int())
    }
}

extension TaskReschedule {
    /// `ti_id, start_date, end_date, reschedule_date`.
    var row: [SQLValue] {
        [.uuid(tryID), .timestamp(startDate), .timestamp(endDate), .timestamp(rescheduleDate)]
    }

    init(_ row: inout RowReader) throws {
        self.init(
            tryID: try row.uuid(), startDate: try row.timestamp(), endDate: try row.timestamp(),
            rescheduleDate: try row.timestamp())
    }
}
