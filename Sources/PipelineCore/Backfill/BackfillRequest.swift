/// A wish for a backfill, with Airflow's defaults.
package struct BackfillRequest: Sendable, Hashable {
    package var dagID: String
    /// Both ends belong to the range, by logical date.
    package var fromDate: Timestamp
    package var toDate: Timestamp
    package var maxActiveRuns = Backfill.defaultMaxActiveRuns
    /// `nil` means none, and is refused where tasks depend on the past.
    package var reprocessBehavior: ReprocessBehavior?
    /// Newest date first.
    package var runBackwards = false
    package var conf: JSONObject?
    package var runOnLatestVersion = true
    package var triggeringUser: String?

    package init(dagID: String, fromDate: Timestamp, toDate: Timestamp) {
        self.dagID = dagID
        self.fromDate = fromDate
        self.toDate = toDate
    }
}
