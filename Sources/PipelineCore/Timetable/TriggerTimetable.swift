/// A run at each tick, with a data interval of a fixed length before it (zero by default): `CronTriggerTimetable`,
/// `DeltaTriggerTimetable`. Source: Airflow 3.3 `timetables/trigger.py`.
package struct TriggerTimetable: Timetable {
    package let ticks: any TickSequence
    package let interval: TimetableDefinition.TimeDelta
    package let runImmediately: TimetableDefinition.RunImmediately
    /// A delta has no grid: its first run is now.
    package let startsNow: Bool

    package func manualDataInterval(at instant: Timestamp) -> DataInterval {
        DataInterval(start: interval.added(to: instant, sign: -1), end: instant)
    }

    package func nextRun(
        after last: DataInterval?, within restriction: TimeRestriction, now: Timestamp
    ) -> ScheduledRun? {
        let tick = restriction.catchup
            ? nextCatchingUp(last, restriction, now) : nextSkipping(last, restriction, now)
        if let latest = restriction.latest, latest < tick { return nil }
        let data = DataInterval(start: interval.added(to: tick, sign: -1), end: tick)
        return ScheduledRun(runAfter: tick, logicalDate: data.start, dataInterval: data)
    }

    private func nextCatchingUp(_ last: DataInterval?, _ restriction: TimeRestriction, _ now: Timestamp) -> Timestamp {
        if let last { return ticks.next(after: last.end) }
        guard let earliest = restriction.earliest else { return firstRun(now) }
        return ticks.alignedToNext(earliest)
    }

    private func nextSkipping(_ last: DataInterval?, _ restriction: TimeRestriction, _ now: Timestamp) -> Timestamp {
        var candidates = [ticks.alignedToPrevious(now)]
        if let last {
            candidates.append(ticks.next(after: last.end))
        } else if restriction.earliest == nil {
            candidates.append(firstRun(now))
        }
        if let earliest = restriction.earliest { candidates.append(ticks.alignedToNext(earliest)) }
        return candidates.max() ?? now
    }

    /// Where no start date says it: the tick before now if it is near enough, else the next one.
    private func firstRun(_ now: Timestamp) -> Timestamp {
        let past = ticks.alignedToPrevious(now)
        if startsNow { return past }
        let next = ticks.alignedToNext(now)
        let limit: Duration
        switch runImmediately {
        case .always: return past
        case .within(let duration): limit = duration
        // `False` is a timedelta of zero to nobody: Airflow takes 10 % of the gap, at least five minutes.
        case .never: limit = max((next - past) / 10, .seconds(300))
        }
        return now - past <= limit ? past : next
    }
}
