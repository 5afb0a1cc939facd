/// One run of a DAG: a row of `dag_run`. Source: Airflow 3.3 `models/dagrun.py`.
package struct DAGRun: Sendable, Hashable {
    package var key: RunKey
    package var type: RunType
    package var state: RunState = .queued
    /// `nil` for asset-triggered runs and where the caller asked for none.
    package var logicalDate: Timestamp?
    package var dataIntervalStart: Timestamp?
    package var dataIntervalEnd: Timestamp?
    /// Not started earlier than this.
    package var runAfter: Timestamp
    package var queuedAt: Timestamp?
    package var startDate: Timestamp?
    package var endDate: Timestamp?
    package var updatedAt: Timestamp?
    /// Parameters given with the trigger; merged over the DAG's params.
    package var conf = JSONObject()
    package var triggeredBy: RunTrigger
    package var triggeringUser: String?
    /// The version this run is pinned to.
    package var dagVersionID: UUID7?
    package var bundleVersion: String?
    package var clearNumber = 0
    package var partitionKey: String?
    /// When the partition begins; `nil` where its key names no time.
    package var partitionDate: Timestamp?
    package var note: String?
    /// The backfill that it belongs to.
    package var backfillID: Int?
    /// Why it ended as it did, for people: `all_tasks_deadlocked`, `timed_out`, `cancelled`.
    package var reason: String?

    package init(key: RunKey, type: RunType, runAfter: Timestamp, triggeredBy: RunTrigger) {
        self.key = key
        self.type = type
        self.runAfter = runAfter
        self.triggeredBy = triggeredBy
    }
}
