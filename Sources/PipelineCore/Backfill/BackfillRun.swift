/// One date of a backfill: a row of `backfill_dag_run`. It is open until it names a run or a reason why there is none.
package struct BackfillRun: Sendable, Hashable {
    package var backfillID: Int
    /// Its place in the order in which the backfill makes its runs, from 1.
    package var sortOrdinal: Int
    package var scheduled: ScheduledRun
    package var runID: String?
    package var exceptionReason: BackfillExceptionReason?

    package init(backfillID: Int = 0, sortOrdinal: Int, scheduled: ScheduledRun) {
        self.backfillID = backfillID
        self.sortOrdinal = sortOrdinal
        self.scheduled = scheduled
    }

    package var isOpen: Bool { runID == nil && exceptionReason == nil }
}

/// A backfill with what is still to be done for it.
package struct OpenBackfill: Sendable, Hashable {
    package var backfill: Backfill
    /// By ordinal.
    package var openRuns: [BackfillRun]

    package init(_ backfill: Backfill, openRuns: [BackfillRun]) {
        self.backfill = backfill
        self.openRuns = openRuns
    }
}
