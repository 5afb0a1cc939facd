/// A cron expression of five fields, or six with seconds last, in croniter's dialect: names, lists, ranges (also
/// wrapping), steps, `L` for the last day of the month, `5#3` for the third Friday, `L5` for the last one, and
/// Airflow's presets. Where both day fields are restricted, either may match.
/// Source: croniter 6; POSIX `crontab`; Airflow 3.3 `timetables/_cron.py`.
package struct CronExpression: Sendable, Hashable {
    /// As written, presets replaced.
    package let text: String
    let minutes: CronField
    let hours: CronField
    let daysOfMonth: CronField
    let includesLastDayOfMonth: Bool
    let months: CronField
    let daysOfWeek: CronField
    let nthWeekdays: [NthWeekday]
    let seconds: CronField?

    /// The n-th (1...5) or, with 0, the last such weekday of a month.
    struct NthWeekday: Sendable, Hashable {
        var weekday: Int
        var nth: Int
    }

    /// The longest gap that is searched, in years, as in croniter.
    package static let maximumYears = 50

    package static let presets = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@quarterly": "0 0 1 */3 *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]

    /// - Throws: ``CronError`` naming the field and what it may hold.
    package init(_ text: String) throws(CronError) {
        self.text = Self.presets[text] ?? text
        let fields = self.text.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
        guard fields.count == 5 || fields.count == 6 else {
            throw CronError(message: "'\(text)' has \(fields.count) fields; a cron expression has 5 (or 6 with seconds)")
        }
        minutes = try CronFieldRule.minute.parse(fields[0])
        hours = try CronFieldRule.hour.parse(fields[1])
        (daysOfMonth, includesLastDayOfMonth) = try Self.daysOfMonth(fields[2])
        months = try CronFieldRule.month.parse(fields[3])
        (daysOfWeek, nthWeekdays) = try Self.daysOfWeek(fields[4])
        seconds = fields.count == 6 ? try CronFieldRule.second.parse(fields[5]) : nil
    }

    /// Runs at least once in every hour, whatever the minute: such schedules follow elapsed time through a change of
    /// the clocks, the others follow the clock on the wall.
    package var coversEveryHour: Bool { hours.isUnrestricted }

    /// The first match after `instant` by the wall clock; `nil` when there is none within ``maximumYears``.
    package func next(after instant: CivilDate) -> CivilDate? {
        var day = instant.daysSinceEpoch
        let limit = day + Self.maximumYears * 366
        if matches(day: day), let time = nextTime(after: instant.secondOfDay) { return Self.date(day, time) }
        repeat {
            day += 1
            if matches(day: day), let time = nextTime(after: -1) { return Self.date(day, time) }
        } while day < limit
        return nil
    }

    /// The last match before `instant` by the wall clock; `nil` when there is none within ``maximumYears``.
    package func previous(before instant: CivilDate) -> CivilDate? {
        var day = instant.daysSinceEpoch
        let limit = day - Self.maximumYears * 366
        let bound = instant.secondOfDay + (instant.microsecond > 0 ? 1 : 0)
        if matches(day: day), let time = previousTime(before: bound) { return Self.date(day, time) }
        repeat {
            day -= 1
            if matches(day: day), let time = previousTime(before: 86_400) { return Self.date(day, time) }
        } while day > limit
        return nil
    }

    private static func date(_ day: Int, _ secondOfDay: Int) -> CivilDate {
        var date = CivilDate(daysSinceEpoch: day)
        (date.hour, date.minute, date.second) = (secondOfDay / 3_600, secondOfDay / 60 % 60, secondOfDay % 60)
        return date
    }

    private func matches(day: Int) -> Bool {
        let date = CivilDate(daysSinceEpoch: day)
        guard months.contains(date.month) else { return false }
        let ofMonth = matchesDayOfMonth(date)
        let ofWeek = matchesDayOfWeek(date)
        let monthIsOpen = daysOfMonth.isUnrestricted
        let weekIsOpen = daysOfWeek.isUnrestricted && nthWeekdays.isEmpty
        if monthIsOpen || weekIsOpen { return (monthIsOpen || ofMonth) && (weekIsOpen || ofWeek) }
        return ofMonth || ofWeek
    }

    private func matchesDayOfMonth(_ date: CivilDate) -> Bool {
        daysOfMonth.contains(date.day)
            || includesLastDayOfMonth && date.day == CivilDate.daysIn(month: date.month, year: date.year)
    }

    private func matchesDayOfWeek(_ date: CivilDate) -> Bool {
        let weekday = date.weekday
        if daysOfWeek.contains(weekday) { return true }
        return nthWeekdays.contains { rule in
            guard rule.weekday == weekday else { return false }
            if rule.nth > 0 { return (date.day - 1) / 7 + 1 == rule.nth }
            return date.day + 7 > CivilDate.daysIn(month: date.month, year: date.year)
        }
    }

    /// The first allowed second of a day after `second` (-1: from the start).
    private func nextTime(after second: Int) -> Int? {
        let from = second + 1
        var hour = hours.next(from: from / 3_600)
        while let current = hour, current < 24 {
            let isFirst = current == from / 3_600
            if let rest = nextInHour(from: isFirst ? from % 3_600 : 0) { return current * 3_600 + rest }
            hour = hours.next(from: current + 1)
        }
        return nil
    }

    private func nextInHour(from second: Int) -> Int? {
        var minute = minutes.next(from: second / 60)
        while let current = minute {
            let first = current == second / 60 ? second % 60 : 0
            if let seconds {
                if let value = seconds.next(from: first) { return current * 60 + value }
            } else if first == 0 {
                return current * 60
            }
            minute = minutes.next(from: current + 1)
        }
        return nil
    }

    private func previousTime(before second: Int) -> Int? {
        guard second > 0 else { return nil }
        let from = second - 1
        var hour = hours.previous(from: from / 3_600)
        while let current = hour {
            let isLast = current == from / 3_600
            if let rest = previousInHour(from: isLast ? from % 3_600 : 3_599) { return current * 3_600 + rest }
            hour = hours.previous(from: current - 1)
        }
        return nil
    }

    private func previousInHour(from second: Int) -> Int? {
        var minute = minutes.previous(from: second / 60)
        while let current = minute {
            let last = current == second / 60 ? second % 60 : 59
            guard let seconds else { return current * 60 }
            if let value = seconds.previous(from: last) { return current * 60 + value }
            minute = minutes.previous(from: current - 1)
        }
        return nil
    }

    private static func daysOfMonth(_ text: String) throws(CronError) -> (CronField, Bool) {
        let parts = text.split(separator: ",").map(String.init)
        let days = parts.filter { $0 != "l" }
        guard days.count < parts.count else { return (try CronFieldRule.dayOfMonth.parse(text), false) }
        if days.isEmpty { return (CronField(values: 0, isUnrestricted: false), true) }
        return (try CronFieldRule.dayOfMonth.parse(days.joined(separator: ",")), true)
    }

    private static func daysOfWeek(_ text: String) throws(CronError) -> (CronField, [NthWeekday]) {
        var plain: [String] = []
        var nth: [NthWeekday] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            if let mark = part.firstIndex(of: "#") {
                nth.append(try nthWeekday(String(part[..<mark]), String(part[part.index(after: mark)...])))
            } else if part.hasPrefix("l"), part.count > 1 {
                nth.append(NthWeekday(weekday: try weekday(String(part.dropFirst())), nth: 0))
            } else {
                plain.append(part)
            }
        }
        if plain.isEmpty { return (CronField(values: 0, isUnrestricted: false), nth) }
        return (try CronFieldRule.dayOfWeek.parse(plain.joined(separator: ",")), nth)
    }

    private static func nthWeekday(_ day: String, _ nth: String) throws(CronError) -> NthWeekday {
        let number = nth == "l" ? 0 : Int(nth) ?? -1
        guard (0...5).contains(number), nth == "l" || number > 0 else {
            throw CronError(message: "'\(day)#\(nth)': the number after # is 1 to 5 or l")
        }
        return NthWeekday(weekday: try weekday(day), nth: number)
    }

    private static func weekday(_ text: String) throws(CronError) -> Int {
        let field = try CronFieldRule.dayOfWeek.parse(text)
        return field.values.trailingZeroBitCount
    }
}

extension CivilDate {
    /// Seconds since midnight on this clock.
    package var secondOfDay: Int { hour * 3_600 + minute * 60 + second }
}
