/// A day of the proleptic Gregorian calendar and its number, as Python's `date` counts.
struct CalendarDay: Equatable {
    var year: Int
    var month: Int
    var day: Int

    init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The day with a number counted from 1970-01-01.
    ///
    /// The arithmetic shifts the year to begin in March, which puts the leap day last (Hinnant, "chrono-Compatible
    /// Low-Level Date Algorithms").
    init(days: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970-01-01.
    var days: Int {
        let marchYear = month <= 2 ? year - 1 : year
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    static func length(year: Int, month: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Whether Python's `date` would accept it.
    var isValid: Bool {
        (1...9999).contains(year) && (1...12).contains(month)
            && (1...CalendarDay.length(year: year, month: month)).contains(day)
    }

    /// Monday is 0.
    var weekday: Int { floorModulo(days + 3, 7) }

    /// 1 to 366.
    var dayOfYear: Int { days - CalendarDay(year: year, month: 1, day: 1).days + 1 }

    /// ISO 8601 year and week.
    var isoWeek: (year: Int, week: Int) {
        let thursday = CalendarDay(days: days - weekday + 3)
        return (thursday.year, (thursday.dayOfYear - 1) / 7 + 1)
    }

    /// The same day some months later, clamped to the month's length.
    func adding(months: Int) -> CalendarDay {
        let total = year * 12 + month - 1 + months
        let newYear = floorDivide(total, 12)
        let newMonth = floorModulo(total, 12) + 1
        return CalendarDay(
            year: newYear, month: newMonth, day: min(day, CalendarDay.length(year: newYear, month: newMonth)))
    }
}

/// Python's `//` on integers.
func floorDivide(_ left: Int, _ right: Int) -> Int {
    let quotient = left / right
    return left % right != 0 && (left < 0) != (right < 0) ? quotient - 1 : quotient
}

/// Python's `%` on integers.
func floorModulo(_ left: Int, _ right: Int) -> Int {
    let remainder = left % right
    return remainder != 0 && (remainder < 0) != (right < 0) ? remainder + right : remainder
}

/// A number with leading zeros.
func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value.magnitude)
    let zeros = String(repeating: "0", count: max(0, width - digits.utf8.count - (value < 0 ? 1 : 0)))
    return (value < 0 ? "-" : "") + zeros + digits
}
