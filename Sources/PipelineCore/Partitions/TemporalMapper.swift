/// Maps a key that is a date to the period that contains it. Source: Airflow 3.3 `partition_mappers/temporal.py`.
package struct TemporalMapper: Sendable, Hashable {
    package enum Period: String, Sendable, Hashable, CaseIterable {
        case hour = "StartOfHourMapper"
        case day = "StartOfDayMapper"
        /// From Monday.
        case week = "StartOfWeekMapper"
        case month = "StartOfMonthMapper"
        case quarter = "StartOfQuarterMapper"
        case year = "StartOfYearMapper"

        package var defaultOutputFormat: String {
            switch self {
            case .hour: "%Y-%m-%dT%H"
            case .day: "%Y-%m-%d"
            case .week: "%Y-%m-%d (W%V)"
            case .month: "%Y-%m"
            case .quarter: "%Y-Q{quarter}"
            case .year: "%Y"
            }
        }
    }

    package static let defaultInputFormat = "%Y-%m-%dT%H:%M:%S"

    let period: Period
    let zone: ZoneRules
    private let inputFormat: String
    private let outputFormat: String
    /// The pattern by which keys of weeks and quarters are read back.
    private let keyPattern: KeyPattern?

    /// - Throws: ``PartitionError`` for a format of weeks or quarters that cannot be read back.
    package init(
        _ period: Period, zone: ZoneRules, inputFormat: String = defaultInputFormat, outputFormat: String? = nil
    ) throws(PartitionError) {
        self.period = period
        self.zone = zone
        self.inputFormat = inputFormat
        self.outputFormat = outputFormat ?? period.defaultOutputFormat
        keyPattern = period == .week || period == .quarter ? try KeyPattern(self.outputFormat) : nil
    }

    func target(of key: String) throws(PartitionError) -> String {
        try text(start(try DateParser(inputFormat).date(key).converted(to: zone)))
    }

    /// The start of the period on the wall clock, whatever the zone does there.
    func start(_ time: WallTime) -> WallTime {
        var start = time
        if period == .week { start = time.moved(by: .seconds(-86_400 * ((time.civil.weekday + 6) % 7))) }
        switch period {
        case .hour, .day, .week: break
        case .month: start.civil.day = 1
        case .quarter: (start.civil.month, start.civil.day) = ((time.civil.month - 1) / 3 * 3 + 1, 1)
        case .year: (start.civil.month, start.civil.day) = (1, 1)
        }
        if period != .hour { start.civil.hour = 0 }
        (start.civil.minute, start.civil.second, start.civil.microsecond) = (0, 0, 0)
        return start
    }

    /// A start of a period as a target key.
    func text(_ time: WallTime) throws(PartitionError) -> String {
        let text = try DatePrinter.text(time, outputFormat)
        guard period == .quarter else { return text }
        return try KeyPattern.filled(text, ["quarter": String((time.civil.month - 1) / 3 + 1)])
    }

    /// The start of the period that a target key names, naive unless the format has an offset.
    func decoded(_ target: String) throws(PartitionError) -> WallTime {
        guard let keyPattern else { return try DateParser(outputFormat).date(target) }
        guard let parts = keyPattern.parts(of: target), let year = parts["Y"].flatMap({ Int($0) }) else {
            throw PartitionError("\(period.rawValue) cannot read the key '\(target)' with the format '\(outputFormat)'")
        }
        let (month, day): (Int?, Int?) = period == .week
            ? (parts["m"].flatMap { Int($0) }, parts["d"].flatMap { Int($0) })
            : (parts["quarter"].flatMap { Int($0) }.map { $0 * 3 - 2 }, 1)
        guard let month, let day, year >= 1, (1...12).contains(month),
            (1...CivilDate.daysIn(month: month, year: year)).contains(day)
        else { throw PartitionError("the key '\(target)' of \(period.rawValue) names no date") }
        return WallTime(civil: CivilDate(year: year, month: month, day: day))
    }

    /// A member of a period as a key of the upstream.
    func encoded(_ time: WallTime) throws(PartitionError) -> String {
        let naive = WallTime(civil: time.isNaive ? time.civil : time.converted(to: zone).civil)
        return try DatePrinter.text(naive.localized(zone), inputFormat)
    }

    func date(of target: String) throws(PartitionError) -> Timestamp? {
        let anchor = start(try decoded(target))
        return (anchor.isNaive ? anchor.localized(zone) : anchor).instant
    }
}
