/// Runs of a DAG for a range of its schedule that somebody asked for: a row of `backfill`.
/// Source: Airflow 3.3 `models/backfill.py`.
package struct Backfill: Sendable, Hashable {
    /// Airflow's default for ``maxActiveRuns``.
    package static let defaultMaxActiveRuns = 10

    /// Given by the store; 0 before.
    package var id = 0
    package var dagID: String
    package var fromDate: Timestamp
    package var toDate: Timestamp
    /// Conf of its runs; `nil`: new runs get none, and runs that are there keep theirs.
    package var conf: JSONObject?
    package var reprocessBehavior = ReprocessBehavior.none
    /// Unfinished runs that it may have at once, counted apart from the DAG's own limit.
    package var maxActiveRuns = Backfill.defaultMaxActiveRuns
    /// No further run of it starts; those that run go on.
    package var isPaused = false
    /// Runs that are there already are run again on the version that was the latest when the backfill was created.
    package var runOnLatestVersion = true
    /// The version of its DAG when it was created: what its runs are pinned to.
    package var dagVersionID: UUID7?
    package var triggeringUser: String?
    package var createdAt: Timestamp
    /// Set once none of its runs is unfinished or still to come.
    package var completedAt: Timestamp?
    package var updatedAt: Timestamp

    package init(dagID: String, fromDate: Timestamp, toDate: Timestamp, createdAt: Timestamp) {
        self.dagID = dagID
        self.fromDate = fromDate
        self.toDate = toDate
        self.createdAt = createdAt
        updatedAt = createdAt
    }
}

/// Which runs that are there already a backfill runs again.
package enum ReprocessBehavior: String, Sendable, Hashable, CaseIterable {
    case none, failed, completed

    /// Why a run that is there is left alone; `nil`: it is run again.
    package func refusal(of run: DAGRun) -> BackfillExceptionReason? {
        guard run.state.isFinished else { return .inFlight }
        switch self {
        case .none: return .alreadyExists
        case .failed: return run.state == .failed ? nil : .alreadyExists
        case .completed: return nil
        }
    }
}

/// Why a backfill has no run for one of its dates.
package enum BackfillExceptionReason: String, Sendable, Hashable, CaseIterable {
    /// A run was unfinished, or another process made one at the same moment.
    case inFlight = "in flight"
    case alreadyExists = "already exists"
    /// The version of the DAG that the backfill is pinned to is no longer in the store.
    case unknown
}
