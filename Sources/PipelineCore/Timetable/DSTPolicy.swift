/// What becomes of the ticks of a cron expression when the clocks change, for expressions that follow the clock on the wall
/// (``CronExpression/coversEveryHour`` is false). Where none is stated, Airflow's: `shift` and `second`.
package struct DSTPolicy: Sendable, Hashable {
    /// A time that the clock on the wall never shows.
    package enum Gap: String, Sendable, CaseIterable {
        /// The clock is read as if it had not been changed yet: 02:30 is 03:30.
        case shift
        /// No run that day.
        case skip
    }

    /// A time that the clock on the wall shows twice.
    package enum Fold: String, Sendable, CaseIterable {
        case first, second, both
    }

    package var gap: Gap
    package var fold: Fold

    package init(gap: Gap = .shift, fold: Fold = .second) {
        self.gap = gap
        self.fold = fold
    }

    package static let airflow = DSTPolicy()
}

extension ZoneRules {
    /// The instants at which the wall clock shows `civil` that count, ascending.
    func instants(_ civil: CivilDate, _ policy: DSTPolicy) -> [Timestamp] {
        let (shown, shifted) = readings(civil)
        guard let first = shown.first, let last = shown.last else { return policy.gap == .shift ? [shifted] : [] }
        return switch policy.fold {
        case .first: [first]
        case .second: [last]
        case .both: shown
        }
    }

    /// When the clock shows `civil`, ascending; none in a gap. And when it would, had it not been changed yet.
    func readings(_ civil: CivilDate) -> (shown: [Timestamp], shifted: Timestamp) {
        let guess = civil.timestamp()
        let before = offset(at: guess - .seconds(86_400)).seconds
        let after = offset(at: guess + .seconds(86_400)).seconds
        let candidates = before == after ? [before] : [max(before, after), min(before, after)]
        let shown = candidates.filter { offset(at: civil.timestamp(offsetSeconds: $0)).seconds == $0 }
        return (shown.map { civil.timestamp(offsetSeconds: $0) }, civil.timestamp(offsetSeconds: min(before, after)))
    }
}
