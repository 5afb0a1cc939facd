/// Checks one backfill with its dates and runs against what must hold in every committed state of the store.
package struct BackfillAudit {
    private let backfill: Backfill
    private let dates: [BackfillRun]
    private(set) var findings: [AuditFinding] = []

    /// - Parameter runs: those that name the backfill, and those that its dates name.
    package static func findings(_ backfill: Backfill, _ dates: [BackfillRun], _ runs: [DAGRun]) -> [AuditFinding] {
        var audit = BackfillAudit(backfill: backfill, dates: dates)
        audit.checkEnd(runs)
        audit.checkDates(Dictionary(runs.map { ($0.key.runID, $0) }) { first, _ in first })
        audit.checkRuns(runs)
        return audit.findings
    }

    private init(backfill: Backfill, dates: [BackfillRun]) {
        self.backfill = backfill
        self.dates = dates
    }

    private var name: String { "backfill \(backfill.id) of \(backfill.dagID)" }

    private mutating func report(_ rule: String, _ row: String, _ text: String) {
        findings.append(AuditFinding(rule, row, text))
    }

    private mutating func checkEnd(_ runs: [DAGRun]) {
        let running = runs.count { $0.backfillID == backfill.id && $0.state == .running }
        if backfill.completedAt == nil, running > backfill.maxActiveRuns {
            report("backfill_overfull", name, "may have \(backfill.maxActiveRuns) running runs and has \(running)")
        }
        // Cancelling pauses.
        let open = dates.count(where: \.isOpen)
        if backfill.completedAt != nil, !backfill.isPaused, open > 0 {
            report("backfill_lost_dates", name, "is completed, though \(open) of its dates have neither a run nor a reason")
        }
    }

    private mutating func checkDates(_ runs: [String: DAGRun]) {
        for date in dates {
            guard let runID = date.runID, let run = runs[runID], run.logicalDate != date.scheduled.logicalDate else { continue }
            report(
                "backfill_date", "backfill_dag_run (\(backfill.id), \(date.sortOrdinal))",
                "is for \(date.scheduled.logicalDate), and its run '\(runID)' for "
                    + (run.logicalDate.map { "\($0)" } ?? "no date"))
        }
    }

    private mutating func checkRuns(_ runs: [DAGRun]) {
        let named = Set(dates.compactMap(\.runID))
        for run in runs where run.backfillID == backfill.id && !named.contains(run.key.runID) {
            report(
                "backfill_run_without_date", "dag_run \(run.key)",
                "belongs to backfill \(backfill.id), none of whose dates names it")
        }
    }
}
