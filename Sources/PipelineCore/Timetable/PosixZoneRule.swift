/// The rule for the future at the end of a TZif file: a POSIX `TZ` string such as `CET-1CEST,M3.5.0,M10.5.0/3`.
/// Source: POSIX.1-2024 8.3, RFC 9636 3.3.1 (hours from -167 to 167).
struct PosixZoneRule: Sendable, Hashable {
    let standard: ZoneRules.Offset
    let daylight: ZoneRules.Offset?
    let start: Change
    let end: Change

    /// A day of the year and a time of that day by the wall clock, in seconds.
    struct Change: Sendable, Hashable {
        enum Day: Sendable, Hashable {
            /// Month, week (5 = last), weekday (0 = Sunday).
            case monthWeekDay(Int, Int, Int)
            /// 1...365, February 29 never counted.
            case julian(Int)
            /// 0...365, February 29 counted.
            case ordinal(Int)
        }

        var day: Day = .ordinal(0)
        var seconds = 7_200

        /// Days since the epoch in `year`.
        func dayNumber(in year: Int) -> Int {
            let newYear = CivilDate(year: year, month: 1, day: 1).daysSinceEpoch
            switch day {
            case .ordinal(let day): return newYear + day
            case .julian(let day): return newYear + day - 1 + (CivilDate.isLeap(year) && day >= 60 ? 1 : 0)
            case .monthWeekDay(let month, let week, let weekday):
                let first = CivilDate(year: year, month: month, day: 1)
                var day = 1 + (weekday - first.weekday + 7) % 7 + (week - 1) * 7
                if day > CivilDate.daysIn(month: month, year: year) { day -= 7 }
                return first.daysSinceEpoch + day - 1
            }
        }
    }

    /// `nil` for an empty or unreadable text.
    init?(_ text: String) {
        var scanner = Scanner(text)
        guard let name = scanner.name(), let offset = scanner.signedTime() else { return nil }
        standard = ZoneRules.Offset(seconds: -offset, isDaylightSaving: false, abbreviation: name)
        guard let summerName = scanner.name() else {
            (daylight, start, end) = (nil, Change(), Change())
            return
        }
        let summerOffset = scanner.peek == "," ? offset - 3_600 : scanner.signedTime() ?? offset - 3_600
        daylight = ZoneRules.Offset(seconds: -summerOffset, isDaylightSaving: true, abbreviation: summerName)
        guard let start = scanner.change(), let end = scanner.change() else { return nil }
        (self.start, self.end) = (start, end)
    }

    func offset(at seconds: Int64) -> ZoneRules.Offset {
        guard let daylight else { return standard }
        let local = Timestamp(microseconds: (seconds + Int64(standard.seconds)) * 1_000_000)
        let year = CivilDate(local).year
        let begins = Int64(start.dayNumber(in: year) * 86_400 + start.seconds - standard.seconds)
        let ends = Int64(end.dayNumber(in: year) * 86_400 + end.seconds - daylight.seconds)
        let isSummer = begins < ends ? (begins..<ends).contains(seconds) : !(ends..<begins).contains(seconds)
        return isSummer ? daylight : standard
    }

    private struct Scanner {
        var rest: Substring

        init(_ text: String) { rest = text[...] }

        var peek: Character? { rest.first }

        mutating func name() -> String? {
            if rest.first == "<" {
                guard let end = rest.firstIndex(of: ">") else { return nil }
                defer { rest = rest[rest.index(after: end)...] }
                return String(rest[rest.index(after: rest.startIndex)..<end])
            }
            let letters = rest.prefix { $0.isLetter }
            guard letters.count >= 3 else { return nil }
            rest = rest.dropFirst(letters.count)
            return String(letters)
        }

        mutating func number() -> Int? {
            let digits = rest.prefix { $0.isNumber }
            rest = rest.dropFirst(digits.count)
            return Int(digits)
        }

        mutating func skip(_ character: Character) -> Bool {
            guard rest.first == character else { return false }
            rest = rest.dropFirst()
            return true
        }

        /// `[+-]hh[:mm[:ss]]` in seconds.
        mutating func signedTime() -> Int? {
            let sign = skip("-") ? -1 : 1
            _ = skip("+")
            guard let hours = number() else { return nil }
            let minutes = skip(":") ? number() ?? 0 : 0
            let seconds = skip(":") ? number() ?? 0 : 0
            return sign * (hours * 3_600 + minutes * 60 + seconds)
        }

        mutating func change() -> Change? {
            guard skip(","), let day = day() else { return nil }
            var change = Change(day: day)
            if skip("/") {
                guard let seconds = signedTime() else { return nil }
                change.seconds = seconds
            }
            return change
        }

        private mutating func day() -> Change.Day? {
            if skip("J") { return number().map(Change.Day.julian) }
            guard skip("M") else { return number().map(Change.Day.ordinal) }
            guard let month = number(), skip("."), let week = number(), skip("."), let weekday = number(),
                (1...12).contains(month), (1...5).contains(week), (0...6).contains(weekday)
            else { return nil }
            return .monthWeekDay(month, week, weekday)
        }
    }
}
