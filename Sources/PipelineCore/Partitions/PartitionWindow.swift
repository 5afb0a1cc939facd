/// The members of a period: what a rollup waits for, or a fan-out gives. Source: Airflow 3.3
/// `partition_mappers/window.py`.
package enum PartitionWindow: Sendable, Hashable {
    /// `isBackward`: the period ends at its anchor.
    case period(Period, isBackward: Bool)
    /// Keys without order.
    case segments(Set<String>)

    package enum Period: String, Sendable, Hashable, CaseIterable {
        /// Its minutes.
        case hour = "HourWindow"
        /// 24 hours on the wall clock.
        case day = "DayWindow"
        /// Its days.
        case week = "WeekWindow"
        case month = "MonthWindow"
        /// Its months.
        case quarter = "QuarterWindow"
        case year = "YearWindow"
    }

    /// Whether it counts in dates; otherwise in texts.
    var countsDates: Bool { if case .period = self { true } else { false } }

    /// The members of the period whose anchor is `item`; those of segments in the order of the keys.
    /// - Throws: ``PartitionError`` where the item is none of its kind, or no first of a month where one is needed.
    func members(of item: PartitionItem) throws(PartitionError) -> [PartitionItem] {
        switch self {
        case .segments(let keys): return keys.sorted().map { .text($0) }
        case .period(let period, let isBackward):
            guard case .date(let anchor) = item else { throw PartitionError("\(period.rawValue) needs a date") }
            return try Self.dates(period, anchor, isBackward).map { .date($0) }
        }
    }

    private static func dates(
        _ period: Period, _ anchor: WallTime, _ isBackward: Bool
    ) throws(PartitionError) -> [WallTime] {
        switch period {
        case .hour: return steps(60, isBackward) { anchor.moved(by: .seconds(60 * $0)) }
        case .day: return steps(24, isBackward) { anchor.moved(by: .seconds(3_600 * $0)) }
        case .week: return steps(7, isBackward) { anchor.moved(by: .seconds(86_400 * $0)) }
        case .month:
            try requireFirst(anchor, period)
            return days(of: anchor, isBackward)
        case .quarter, .year:
            try requireFirst(anchor, period)
            return steps(period == .quarter ? 3 : 12, isBackward) { anchor.moved(months: $0) }
        }
    }

    private static func steps(_ count: Int, _ isBackward: Bool, _ step: (Int) -> WallTime) -> [WallTime] {
        let first = isBackward ? 1 - count : 0
        return (0..<count).map { step(first + $0) }
    }

    /// Backward: the days after the first of the month before, up to the anchor.
    private static func days(of anchor: WallTime, _ isBackward: Bool) -> [WallTime] {
        let start = isBackward ? anchor.moved(months: -1) : anchor
        let count = start.moved(months: 1).civil.daysSinceEpoch - start.civil.daysSinceEpoch
        return (0..<count).map { start.moved(by: .seconds(86_400 * ($0 + (isBackward ? 1 : 0)))) }
    }

    private static func requireFirst(_ anchor: WallTime, _ period: Period) throws(PartitionError) {
        guard anchor.civil.day != 1 else { return }
        throw PartitionError("\(period.rawValue) expects a period start on day 1 of the month, got \(anchor.isoText)")
    }
}
