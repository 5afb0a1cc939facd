/// When a DAG runs and which data each run covers. Source: Airflow 3.3 `timetables/base.py`.
package protocol Timetable: Sendable {
    /// The data interval of a run that somebody asks for at `instant`.
    func manualDataInterval(at instant: Timestamp) -> DataInterval
    /// The next run by schedule; `nil` when there is none.
    /// - Parameter last: the data interval of the last run by schedule.
    func nextRun(after last: DataInterval?, within restriction: TimeRestriction, now: Timestamp) -> ScheduledRun?
}

/// The bounds of a DAG's schedule.
package struct TimeRestriction: Sendable, Hashable {
    /// The start date.
    package var earliest: Timestamp?
    /// The end date.
    package var latest: Timestamp?
    package var catchup: Bool

    package init(earliest: Timestamp?, latest: Timestamp?, catchup: Bool) {
        self.earliest = earliest
        self.latest = latest
        self.catchup = catchup
    }
}

/// A run that a timetable wants.
package struct ScheduledRun: Sendable, Hashable {
    package var runAfter: Timestamp
    package var logicalDate: Timestamp
    package var dataInterval: DataInterval

    package init(runAfter: Timestamp, logicalDate: Timestamp, dataInterval: DataInterval) {
        self.runAfter = runAfter
        self.logicalDate = logicalDate
        self.dataInterval = dataInterval
    }

    /// A run at the end of its interval, with the interval's start as its logical date.
    package static func interval(_ start: Timestamp, _ end: Timestamp) -> ScheduledRun {
        ScheduledRun(runAfter: end, logicalDate: start, dataInterval: DataInterval(start: start, end: end))
    }

    package static func exact(_ instant: Timestamp) -> ScheduledRun { interval(instant, instant) }
}
