/// When a DAG runs and which data each run covers. Source: Airflow 3.3 `timetables/base.py`.
package protocol Timetable: Sendable {
    /// The data interval of a run that somebody asks for at `instant`.
    func manualDataInterval(at instant: Timestamp) -> DataInterval
    /// The next run by schedule; `nil` when there is none.
    /// - Parameter last: the data interval of the last run by schedule.
    func nextRun(after last: DataInterval?, within restriction: TimeRestriction, now: Timestamp) -> ScheduledRun?
    /// The instant that a partition key stands for; `nil` where the timetable has no partitions, or none with dates.
    /// - Throws: ``PartitionError`` for a key that it cannot read.
    func partitionDate(of key: String) throws(PartitionError) -> Timestamp?
}

extension Timetable {
    package func partitionDate(of key: String) throws(PartitionError) -> Timestamp? { nil }
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
    /// What the run works on instead of a data interval: it has no logical date either then, and the two above say no
    /// more than ``runAfter``.
    package var partition: RunPartition?

    package init(
        runAfter: Timestamp, logicalDate: Timestamp, dataInterval: DataInterval, partition: RunPartition? = nil
    ) {
        self.runAfter = runAfter
        self.logicalDate = logicalDate
        self.dataInterval = dataInterval
        self.partition = partition
    }

    /// A run at the end of its interval, with the interval's start as its logical date.
    package static func interval(_ start: Timestamp, _ end: Timestamp) -> ScheduledRun {
        ScheduledRun(runAfter: end, logicalDate: start, dataInterval: DataInterval(start: start, end: end))
    }

    package static func exact(_ instant: Timestamp) -> ScheduledRun { interval(instant, instant) }
}
