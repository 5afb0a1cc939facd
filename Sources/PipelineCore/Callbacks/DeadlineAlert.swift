/// A DAG's wish to be told when a run takes too long. Source: Airflow 3.3 `sdk/definitions/deadline.py`.
package struct DeadlineAlert: Sendable, Hashable {
    /// What the interval is added to.
    package enum Reference: Sendable, Hashable {
        /// `DAGRUN_LOGICAL_DATE`; a run without one has no such deadline.
        case logicalDate
        /// `DAGRUN_QUEUED_AT`; a run that is cleared is queued anew.
        case queuedAt
        /// `FIXED_DATETIME`.
        case fixed(Timestamp)
        /// `AVERAGE_RUNTIME`: now and the mean time of the last `maxRuns` successful runs, if there are `minRuns`.
        case averageRuntime(maxRuns: Int, minRuns: Int)
        /// A class of the author's, by its import path; only Python can say when.
        case custom(path: String, data: JSONObject)
    }

    package enum Interval: Sendable, Hashable {
        case fixed(Duration)
        /// `VariableInterval`: seconds in a variable, read when the run is created.
        case variable(String)
    }

    package var name: String?
    package var reference: Reference
    package var interval: Interval
    package var callback: DeadlineCallback

    package init(name: String?, reference: Reference, interval: Interval, callback: DeadlineCallback) {
        self.name = name
        self.reference = reference
        self.interval = interval
        self.callback = callback
    }
}
