/// No schedule. Source: Airflow 3.3 `timetables/simple.py`.
package struct NullTimetable: Timetable {
    package init() {}

    package func manualDataInterval(at instant: Timestamp) -> DataInterval { .exact(instant) }

    package func nextRun(
        after last: DataInterval?, within restriction: TimeRestriction, now: Timestamp
    ) -> ScheduledRun? { nil }
}

/// One run in all, at the start date or at once.
package struct OnceTimetable: Timetable {
    package func manualDataInterval(at instant: Timestamp) -> DataInterval { .exact(instant) }

    package func nextRun(
        after last: DataInterval?, within restriction: TimeRestriction, now: Timestamp
    ) -> ScheduledRun? {
        let instant = restriction.earliest ?? now
        guard last == nil, instant <= restriction.latest ?? instant else { return nil }
        return .exact(instant)
    }
}

/// The next run as soon as the last has ended.
package struct ContinuousTimetable: Timetable {
    package func manualDataInterval(at instant: Timestamp) -> DataInterval { .exact(instant) }

    package func nextRun(
        after last: DataInterval?, within restriction: TimeRestriction, now: Timestamp
    ) -> ScheduledRun? {
        let first = restriction.earliest ?? now
        var (start, end) = (first, max(first, now))
        if let last, last.end > now {
            end = first + (last.end - last.start)
        } else if let last {
            (start, end) = (last.end, now)
        }
        guard end <= restriction.latest ?? end else { return nil }
        return .interval(start, end)
    }
}

/// A list of instants. Source: Airflow 3.3 `timetables/events.py`.
package struct EventsTimetable: Timetable {
    /// Ascending.
    package let dates: [Timestamp]
    package let restrictToEvents: Bool

    package func manualDataInterval(at instant: Timestamp) -> DataInterval {
        guard restrictToEvents, let first = dates.first else { return .exact(instant) }
        return .exact(dates.last { $0 <= instant } ?? first)
    }

    package func nextRun(
        after last: DataInterval?, within restriction: TimeRestriction, now: Timestamp
    ) -> ScheduledRun? {
        var earliest = restriction.earliest
        if !restriction.catchup { earliest = max(now, earliest ?? now) }
        let due = dates.first { $0 >= earliest ?? $0 && $0 > last?.end ?? .distantPast }
        guard let due, due <= restriction.latest ?? due else { return nil }
        return .exact(due)
    }
}

/// Several cron expressions: one run whenever any of them ticks. Source: Airflow 3.3 `timetables/trigger.py`.
package struct MultipleTriggerTimetable: Timetable {
    package let parts: [TriggerTimetable]

    package func manualDataInterval(at instant: Timestamp) -> DataInterval {
        parts.map { $0.manualDataInterval(at: instant) }.min { $0.start < $1.start } ?? .exact(instant)
    }

    /// Catching up takes the earliest run; else the latest that is due, or the earliest to come.
    package func nextRun(
        after last: DataInterval?, within restriction: TimeRestriction, now: Timestamp
    ) -> ScheduledRun? {
        let runs = parts.compactMap { $0.nextRun(after: last, within: restriction, now: now) }
        if restriction.catchup { return runs.min { $0.logicalDate < $1.logicalDate } }
        let due = runs.filter { $0.logicalDate <= now }
        return due.max { $0.logicalDate < $1.logicalDate } ?? runs.min { $0.logicalDate < $1.logicalDate }
    }
}

/// No run by time: those of partitions come of assets.
package struct PartitionedAssetTimetable: Timetable {
    package let schedule: PartitionedSchedule

    package func manualDataInterval(at instant: Timestamp) -> DataInterval { .exact(instant) }

    package func nextRun(
        after last: DataInterval?, within restriction: TimeRestriction, now: Timestamp
    ) -> ScheduledRun? { nil }

    package func partitionDate(of key: String) throws(PartitionError) -> Timestamp? { try schedule.date(of: key) }
}
