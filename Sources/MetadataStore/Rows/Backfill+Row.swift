import PipelineCore

extension Backfill {
    /// In the order of the statement `BackfillColumns`.
    var row: [SQLValue] {
        [
            .text(dagID), .timestamp(fromDate), .timestamp(toDate), .json(conf.map { .object($0) }),
            .text(reprocessBehavior.rawValue), .int(maxActiveRuns), .bool(isPaused), .bool(runOnLatestVersion),
            .uuid(dagVersionID), .text(triggeringUser), .timestamp(createdAt), .timestamp(completedAt),
            .timestamp(updatedAt),
        ]
    }

    /// `id`, `BackfillColumns`.
    init(_ row: inout RowReader) throws {
        let (id, dagID) = (try row.int(), try row.text())
        let (from, to, conf) = (try row.timestamp(), try row.timestamp(), try row.optionalJSON())
        let (behavior, maximum) = (try row.word(ReprocessBehavior.self), try row.int())
        let (isPaused, runOnLatest) = (try row.bool(), try row.bool())
        let (version, user) = (try row.optionalUUID(), try row.optionalText())
        self.init(dagID: dagID, fromDate: from, toDate: to, createdAt: try row.timestamp())
        (self.id, self.conf, reprocessBehavior, maxActiveRuns) = (id, conf?.objectValue, behavior, maximum)
        (self.isPaused, runOnLatestVersion, dagVersionID, triggeringUser) = (isPaused, runOnLatest, version, user)
        (completedAt, updatedAt) = (try row.optionalTimestamp(), try row.timestamp())
    }
}

extension BackfillRun {
    /// In the order of the statement `BackfillRunColumns`.
    var row: [SQLValue] {
        [
            .int(sortOrdinal), .timestamp(scheduled.logicalDate), .timestamp(scheduled.dataInterval.start),
            .timestamp(scheduled.dataInterval.end), .timestamp(scheduled.runAfter), .text(runID),
            .text(exceptionReason?.rawValue),
        ]
    }

    /// `backfill_id, sort_ordinal, run_id, exception_reason`: what becomes of it.
    var outcomeRow: [SQLValue] {
        [.int(backfillID), .int(sortOrdinal), .text(runID), .text(exceptionReason?.rawValue)]
    }

    /// `backfill_id`, `BackfillRunColumns`.
    init(_ row: inout RowReader) throws {
        let (backfillID, ordinal, logicalDate) = (try row.int(), try row.int(), try row.timestamp())
        let interval = DataInterval(start: try row.timestamp(), end: try row.timestamp())
        let scheduled = ScheduledRun(
            runAfter: try row.timestamp(), logicalDate: logicalDate, dataInterval: interval)
        self.init(backfillID: backfillID, sortOrdinal: ordinal, scheduled: scheduled)
        (runID, exceptionReason) = (try row.optionalText(), try row.optionalWord(BackfillExceptionReason.self))
    }
}
