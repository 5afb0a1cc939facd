/// A run for a partition at each tick. The partition's date is `runOffset` ticks from the run's, and its key is that date
/// on the wall clock of the schedule. Source: Airflow 3.3 `timetables/trigger.py` (`CronPartitionTimetable`).
package struct CronPartitionTimetable: Timetable {
    private let ticks: CronTicks
    private let trigger: TriggerTimetable
    /// Ticks after the run's own, or before it.
    private let runOffset: Int
    private let keyFormat: String

    /// Ticks that a partition may be away from its run.
    package static let maximumOffset = 100_000

    /// - Throws: ``PartitionError`` for a format that names no key, or an offset beyond ``maximumOffset``.
    init(
        ticks: CronTicks, runOffset: Int, keyFormat: String, runImmediately: TimetableDefinition.RunImmediately
    ) throws(PartitionError) {
        guard runOffset.magnitude <= Self.maximumOffset else {
            throw PartitionError("run_offset is \(runOffset); it may be \(Self.maximumOffset) ticks at most")
        }
        self.ticks = ticks
        self.runOffset = runOffset
        self.keyFormat = keyFormat
        trigger = TriggerTimetable(
            ticks: ticks, interval: .init(), runImmediately: runImmediately, startsNow: false)
        _ = try key(of: Timestamp(microseconds: 0))
    }

    package func manualDataInterval(at instant: Timestamp) -> DataInterval { trigger.manualDataInterval(at: instant) }

    /// - Parameter last: the run's `run_after`, at its end.
    package func nextRun(
        after last: DataInterval?, within restriction: TimeRestriction, now: Timestamp
    ) -> ScheduledRun? {
        guard var run = trigger.nextRun(after: last, within: restriction, now: now) else { return nil }
        let date = partitionDate(of: run.runAfter)
        run.partition = (try? key(of: date)).map { RunPartition(key: $0, date: date) }
        return run
    }

    package func partitionDate(of key: String) throws(PartitionError) -> Timestamp? {
        let time = try DateParser(keyFormat).date(key)
        guard time.isNaive else { throw PartitionError("make_aware expects a naive datetime, got \(time.isoText)") }
        return time.localized(ticks.zone).instant
    }

    private func partitionDate(of runDate: Timestamp) -> Timestamp {
        var date = runDate
        for _ in 0..<Int(runOffset.magnitude) {
            date = runOffset > 0 ? ticks.next(after: date) : ticks.previous(before: date)
        }
        return date
    }

    private func key(of date: Timestamp) throws(PartitionError) -> String {
        try DatePrinter.text(WallTime(civil: CivilDate(date), place: .offset(seconds: 0)).converted(to: ticks.zone), keyFormat)
    }
}
