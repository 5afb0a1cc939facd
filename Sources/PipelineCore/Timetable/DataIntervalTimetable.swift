/// A run at the end of each interval between two ticks: `CronDataIntervalTimetable`, `DeltaDataIntervalTimetable`.
/// Source: Airflow 3.3 `timetables/interval.py`.
package struct DataIntervalTimetable: Timetable {
    package let ticks: any TickSequence
    /// Set where the ticks are steps: their grid is the epoch's, or the start date's for months and years.
    package let delta: TimetableDefinition.TimeDelta?

    package func manualDataInterval(at instant: Timestamp) -> DataInterval {
        let end = ticks.alignedToPrevious(instant)
        return DataInterval(start: ticks.previous(before: end), end: end)
    }

    package func nextRun(
        after last: DataInterval?, within restriction: TimeRestriction, now: Timestamp
    ) -> ScheduledRun? {
        var earliest = restriction.earliest.map(ticks.alignedToNext)
        if !restriction.catchup { earliest = latestStart(restriction.earliest, now) }
        guard let start = start(after: last, earliest: earliest) else { return nil }
        if let latest = restriction.latest, start > latest { return nil }
        return .interval(start, ticks.next(after: start))
    }

    private func start(after last: DataInterval?, earliest: Timestamp?) -> Timestamp? {
        guard let last else { return earliest }
        let aligned = ticks.alignedToPrevious(last.end)
        let start = max(aligned, earliest ?? aligned)
        // After a change of the schedule the aligned start may lie on the last run's.
        return start <= last.start ? ticks.next(after: start) : start
    }

    private func latestStart(_ earliest: Timestamp?, _ now: Timestamp) -> Timestamp {
        guard let delta else {
            let lastTick = ticks.previous(before: now)
            let start = ticks.next(after: lastTick) == now ? lastTick : ticks.previous(before: lastTick)
            return max(start, earliest.map(ticks.alignedToNext) ?? start)
        }
        let start = ticks.previous(before: floored(now, anchor: earliest ?? now, delta))
        return max(start, earliest ?? start)
    }

    private func floored(
        _ instant: Timestamp, anchor: Timestamp, _ delta: TimetableDefinition.TimeDelta
    ) -> Timestamp {
        guard delta.months != 0 || delta.years != 0 else {
            let step = Swift.max(1, delta.nominalSeconds * 1_000_000)
            return Timestamp(microseconds: instant.microseconds.flooredDivision(by: step).quotient * step)
        }
        var boundary = anchor
        while ticks.next(after: boundary) <= instant { boundary = ticks.next(after: boundary) }
        return boundary
    }
}
