/// A sequence of instants: the ticks of a cron expression in a zone, or steps of a fixed length.
package protocol TickSequence: Sendable {
    func next(after instant: Timestamp) -> Timestamp
    func previous(before instant: Timestamp) -> Timestamp
    /// `instant` itself when it is a tick, else the next one.
    func alignedToNext(_ instant: Timestamp) -> Timestamp
    /// `instant` itself when it is a tick, else the one before.
    func alignedToPrevious(_ instant: Timestamp) -> Timestamp
}

/// Cron ticks on the wall clock of a zone. Source: Airflow 3.3 `timetables/_cron.py`.
package struct CronTicks: TickSequence {
    package let cron: CronExpression
    package let zone: ZoneRules
    package let policy: DSTPolicy

    package init(cron: CronExpression, zone: ZoneRules, policy: DSTPolicy = .airflow) {
        self.cron = cron
        self.zone = zone
        self.policy = policy
    }

    package func next(after instant: Timestamp) -> Timestamp {
        if policy != .airflow, !cron.coversEveryHour { return nextStated(after: instant) }
        let wall = zone.civil(instant)
        guard let tick = cron.next(after: wall) else { return .distantFuture }
        guard cron.coversEveryHour else { return zone.instant(tick) }
        return instant + (tick.timestamp() - wall.timestamp())
    }

    package func previous(before instant: Timestamp) -> Timestamp {
        if policy != .airflow, !cron.coversEveryHour { return previousStated(before: instant) }
        let wall = zone.civil(instant)
        guard let tick = cron.previous(before: wall) else { return .distantPast }
        guard cron.coversEveryHour else { return zone.instant(tick) }
        return instant - (wall.timestamp() - tick.timestamp())
    }

    /// No clock is set by more than this, but for a change of the date line, which is no matter of summer time.
    private static let longestChange = Duration.seconds(3 * 3_600)

    /// Ticks are in order on the wall, their instants need not be: all near the first one are looked at.
    private func nextStated(after instant: Timestamp) -> Timestamp {
        var wall = zone.civil(instant - Self.longestChange)
        var best: Timestamp?
        while let tick = cron.next(after: wall) {
            let found = zone.instants(tick, policy).first { $0 > instant }
            best = [best, found].compactMap(\.self).min()
            if let best, tick.timestamp() > zone.civil(best).timestamp() + Self.longestChange { break }
            wall = tick
        }
        return best ?? .distantFuture
    }

    private func previousStated(before instant: Timestamp) -> Timestamp {
        var wall = zone.civil(instant + Self.longestChange)
        var best: Timestamp?
        while let tick = cron.previous(before: wall) {
            let found = zone.instants(tick, policy).last { $0 < instant }
            best = [best, found].compactMap(\.self).max()
            if let best, tick.timestamp() < zone.civil(best).timestamp() - Self.longestChange { break }
            wall = tick
        }
        return best ?? .distantPast
    }

    package func alignedToNext(_ instant: Timestamp) -> Timestamp {
        let next = next(after: instant)
        return previous(before: next) == instant ? instant : next
    }

    package func alignedToPrevious(_ instant: Timestamp) -> Timestamp {
        let previous = previous(before: instant)
        return next(after: previous) == instant ? instant : previous
    }
}

/// Steps of a `timedelta` or `relativedelta` from wherever one stands. Source: Airflow 3.3 `timetables/_delta.py`.
package struct DeltaTicks: TickSequence {
    package let delta: TimetableDefinition.TimeDelta

    package init(delta: TimetableDefinition.TimeDelta) { self.delta = delta }

    package func next(after instant: Timestamp) -> Timestamp { delta.added(to: instant, sign: 1) }
    package func previous(before instant: Timestamp) -> Timestamp { delta.added(to: instant, sign: -1) }
    package func alignedToNext(_ instant: Timestamp) -> Timestamp { instant }
    package func alignedToPrevious(_ instant: Timestamp) -> Timestamp { instant }
}

extension TimetableDefinition.TimeDelta {
    /// Years and months move on the calendar, clamped to the end of the month, as `dateutil.relativedelta` does.
    func added(to instant: Timestamp, sign: Int) -> Timestamp {
        var civil = CivilDate(instant)
        let shifted = civil.year * 12 + civil.month - 1 + sign * (years * 12 + months)
        let (year, month) = Int64(shifted).flooredDivision(by: 12)
        (civil.year, civil.month) = (Int(year), Int(month) + 1)
        civil.day = min(civil.day, CivilDate.daysIn(month: civil.month, year: civil.year))
        return civil.timestamp() + (.seconds(86_400) * days + duration) * sign
    }

    /// Its length, a month counted as 30 days and a year as 365.
    var nominalSeconds: Int64 {
        Int64((years * 365 + months * 30 + days) * 86_400) + duration.microseconds / 1_000_000
    }
}

extension Timestamp {
    /// 9999-12-31T23:59:59Z, the last second of Python's calendar.
    package static let distantFuture = Timestamp(microseconds: 253_402_300_799_000_000)
    /// 0001-01-01T00:00:00Z, the first second of Python's calendar.
    package static let distantPast = Timestamp(microseconds: -62_135_596_800_000_000)
}
