/// Makes a date of what the directives of a format have captured. Source: CPython `Lib/_strptime.py`.
struct DateParts {
    private let captures: [Unicode.Scalar: String]

    init(_ captures: [Unicode.Scalar: String]) { self.captures = captures }

    func time() throws(PartitionError) -> WallTime {
        try checkISO()
        var civil = try day()
        civil.hour = hour
        civil.minute = number("M") ?? 0
        civil.second = number("S") ?? 0
        guard civil.second < 60 else { throw PartitionError("second must be in 0..59") }
        if let fraction = captures["f"] {
            civil.microsecond = Int(fraction + String(repeating: "0", count: 6 - fraction.count)) ?? 0
        }
        return WallTime(civil: civil, place: try offset().map { .offset(seconds: $0) } ?? .unknown)
    }

    private func number(_ mark: Unicode.Scalar) -> Int? {
        captures[mark].flatMap { Int($0.drop { $0 == " " }) }
    }

    private var hour: Int {
        if let hour = number("H") { return hour }
        guard let hour = number("I") else { return 0 }
        return hour % 12 + (captures["p"]?.lowercased() == "pm" ? 12 : 0)
    }

    private var year: Int? {
        if let year = number("Y") { return year }
        return number("y").map { $0 <= 68 ? 2000 + $0 : 1900 + $0 }
    }

    private var month: Int {
        if let month = number("m") { return month }
        return position("B", DatePrinter.months) ?? position("b", DatePrinter.months.map { String($0.prefix(3)) }) ?? 1
    }

    private func position(_ mark: Unicode.Scalar, _ names: [String]) -> Int? {
        captures[mark].flatMap { found in names.firstIndex { $0.lowercased() == found.lowercased() } }.map { $0 + 1 }
    }

    /// 0 is Monday.
    private var weekday: Int? {
        let short = DatePrinter.weekdays.map { String($0.prefix(3)) }
        if let day = position("A", DatePrinter.weekdays) ?? position("a", short) { return day - 1 }
        if let day = number("w") { return (day + 6) % 7 }
        return number("u").map { $0 - 1 }
    }

    private func checkISO() throws(PartitionError) {
        let (isoYear, week) = (number("G"), number("V"))
        if isoYear != nil {
            if captures["j"] != nil { throw PartitionError("the directives %j and %G do not go together") }
            if week == nil || weekday == nil {
                throw PartitionError("the ISO year %G needs the ISO week %V and a weekday")
            }
        } else if week != nil {
            throw PartitionError("the ISO week %V needs the ISO year %G and a weekday")
        }
    }

    private func day() throws(PartitionError) -> CivilDate {
        let (month, day) = (month, number("d") ?? 1)
        // A leap day without a year is found to be none below.
        let year = self.year ?? 1900
        if let ordinal = number("j") { return try ordinalDay(year, ordinal) }
        if let weekday, let week = number("U") { return try ordinalDay(year, ordinal(year, week, weekday, fromSunday: true)) }
        if let weekday, let week = number("W") { return try ordinalDay(year, ordinal(year, week, weekday, fromSunday: false)) }
        if let weekday, let isoYear = number("G"), let week = number("V") { return try isoDay(isoYear, week, weekday) }
        guard year >= 1 else { throw PartitionError("year \(year) is out of range") }
        guard day <= CivilDate.daysIn(month: month, year: year) else { throw PartitionError("day is out of range for month") }
        return CivilDate(year: year, month: month, day: day)
    }

    private func ordinalDay(_ year: Int, _ ordinal: Int) throws(PartitionError) -> CivilDate {
        guard year >= 1 else { throw PartitionError("year \(year) is out of range") }
        return CivilDate(daysSinceEpoch: CivilDate(year: year, month: 1, day: 1).daysSinceEpoch + ordinal - 1)
    }

    /// Source: `_calc_julian_from_U_or_W`.
    private func ordinal(_ year: Int, _ week: Int, _ weekday: Int, fromSunday: Bool) -> Int {
        var first = (CivilDate(year: year, month: 1, day: 1).weekday + 6) % 7
        var day = weekday
        if fromSunday { (first, day) = ((first + 1) % 7, (day + 1) % 7) }
        let lengthOfWeekZero = (7 - first) % 7
        return week == 0 ? 1 + day - first : 1 + lengthOfWeekZero + 7 * (week - 1) + day
    }

    private func isoDay(_ year: Int, _ week: Int, _ weekday: Int) throws(PartitionError) -> CivilDate {
        guard year >= 1 else { throw PartitionError("Year is out of range: \(year)") }
        let fourth = CivilDate(year: year, month: 1, day: 4)
        let monday = fourth.daysSinceEpoch - (fourth.weekday + 6) % 7
        let last = CivilDate(year: year, month: 12, day: 28).isoWeek.week
        guard (1...last).contains(week) else { throw PartitionError("Invalid week: \(week)") }
        return CivilDate(daysSinceEpoch: monday + 7 * (week - 1) + weekday)
    }

    /// Seconds east of UTC that the text names.
    private func offset() throws(PartitionError) -> Int? {
        guard let text = captures["z"] else { return nil }
        if text == "Z" { return 0 }
        let colons = text.count { $0 == ":" }
        let parts = text.dropFirst().prefix { $0 != "." }.filter { $0 != ":" }
        let hasSeconds = parts.count > 4
        guard colons == 0 || colons == (hasSeconds ? 2 : 1) else { throw PartitionError("Inconsistent use of : in \(text)") }
        guard let digits = Int(parts) else { throw PartitionError("the offset \(text) cannot be read") }
        let seconds = hasSeconds
            ? digits / 10_000 * 3_600 + digits / 100 % 100 * 60 + digits % 100 : digits / 100 * 3_600 + digits % 100 * 60
        guard seconds < 86_400 else { throw PartitionError("the offset \(text) is a day or more") }
        return text.first == "-" ? -seconds : seconds
    }
}
