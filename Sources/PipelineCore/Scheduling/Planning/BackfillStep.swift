/// A backfill comes to one of its dates.
package struct BackfillStep: Sendable, Hashable {
    package var backfill: Backfill
    package var date: BackfillRun

    package init(backfill: Backfill, date: BackfillRun) {
        self.backfill = backfill
        self.date = date
    }

    /// The new run of the date. Source: Airflow 3.3 `models/backfill.py` (`_create_backfill_dag_run_non_partitioned`).
    package func run(at now: Timestamp) -> DAGRun {
        let scheduled = date.scheduled
        let key = RunKey(dagID: backfill.dagID, runID: RunType.backfill.runID(runAfter: scheduled.runAfter))
        var run = DAGRun(key: key, type: .backfill, runAfter: scheduled.runAfter, triggeredBy: .backfill)
        run.logicalDate = scheduled.logicalDate
        run.dataIntervalStart = scheduled.dataInterval.start
        run.dataIntervalEnd = scheduled.dataInterval.end
        run.queuedAt = now
        run.conf = backfill.conf ?? [:]
        run.triggeringUser = backfill.triggeringUser
        run.dagVersionID = backfill.dagVersionID
        run.backfillID = backfill.id
        return run
    }

    /// The same for a run that is there and is to run again (`_handle_clear_run`): its version stays as it is.
    package func adopting(_ run: DAGRun) -> DAGRun {
        var adopted = run
        adopted.type = .backfill
        adopted.triggeredBy = .backfill
        adopted.backfillID = backfill.id
        if let conf = backfill.conf { adopted.conf = conf }
        return adopted
    }

    /// The date has this run now.
    package func settled(by key: RunKey) -> StoreChange {
        var row = date
        row.runID = key.runID
        return .saveBackfillRun(row)
    }

    /// The date gets no run.
    package func settled(_ reason: BackfillExceptionReason) -> StoreChange {
        var row = date
        row.exceptionReason = reason
        return .saveBackfillRun(row)
    }
}
