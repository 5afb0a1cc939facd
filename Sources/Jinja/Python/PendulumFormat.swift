/// `pendulum.DateTime.format` in English.
enum PendulumFormat {
    /// Tokens, the longest first, as pendulum's own pattern finds them; those without a rule here are unsupported.
    private static let tokens = [
        "MMMM", "MMM", "MM", "Mo", "M", "DDDo", "DDDD", "DDD", "Do", "DD", "D", "dddd", "ddd", "dd", "do", "d", "eo", "e",
        "EEEE", "EEE", "EE", "E", "wo", "ww", "w", "Wo", "WW", "W", "Qo", "Q", "YYYY", "YY", "Y", "gggg", "gg", "GGGG",
        "GG", "a", "A", "hh", "h", "HH", "H", "kk", "k", "mm", "m", "ss", "s", "SSSSSSSSS", "SSSSSSSS", "SSSSSSS",
        "SSSSSS", "SSSSS", "SSSS", "SSS", "SS", "S", "x", "X", "zz", "z", "ZZ", "Z", "LTS", "LT", "LLLL", "LLL", "LL", "L",
    ]

    static func format(_ moment: JinjaDateTime, _ format: String) throws -> String {
        var result = ""
        var rest = format.unicodeScalars[...]
        while let first = rest.first {
            if first == "[" {
                guard let end = rest.firstIndex(of: "]"), isSimple(rest[end...]), rest.dropFirst().first != "]" else {
                    throw unsupported("brackets in a pendulum format")
                }
                result += String(rest[rest.index(after: rest.startIndex)..<end])
                rest = rest[rest.index(after: end)...]
            } else if first == "\\" {
                throw unsupported("backslash in a pendulum format")
            } else if let token = tokens.first(where: { rest.starts(with: $0.unicodeScalars) }) {
                result += try text(moment, token)
                rest = rest.dropFirst(token.unicodeScalars.count)
            } else {
                result.unicodeScalars.append(first)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    /// Whether no second `]` follows before the next `[`; pendulum's pattern would take the longer text.
    private static func isSimple(_ rest: Substring.UnicodeScalarView) -> Bool {
        !rest.dropFirst().prefix { $0 != "[" }.contains("]")
    }

    private static func text(_ moment: JinjaDateTime, _ token: String) throws -> String {
        let day = moment.day
        switch token {
        case "YYYY": return padded(day.year, 4)
        case "YY": return padded(day.year % 100, 2)
        case "Y": return String(day.year)
        case "Q": return String((day.month + 2) / 3)
        case "MMMM": return Strftime.months[day.month - 1]
        case "MMM": return String(Strftime.months[day.month - 1].prefix(3))
        case "MM": return padded(day.month, 2)
        case "M": return String(day.month)
        case "DDDD": return padded(day.dayOfYear, 3)
        case "DDD": return String(day.dayOfYear)
        case "DD": return padded(day.day, 2)
        case "D": return String(day.day)
        case "Do": return ordinal(day.day)
        case "dddd": return Strftime.weekdays[day.weekday]
        case "ddd": return String(Strftime.weekdays[day.weekday].prefix(3))
        case "E": return String(day.weekday + 1)
        default: return try clock(moment, token)
        }
    }

    private static func ordinal(_ number: Int) -> String {
        let isTeen = (11...13).contains(number % 100)
        let ending = isTeen ? "th" : ["th", "st", "nd", "rd"][number % 10 < 4 ? number % 10 : 0]
        return "\(number)\(ending)"
    }

    private static func clock(_ moment: JinjaDateTime, _ token: String) throws -> String {
        let hour12 = (moment.hour + 11) % 12 + 1
        switch token {
        case "HH": return padded(moment.hour, 2)
        case "H": return String(moment.hour)
        case "hh": return padded(hour12, 2)
        case "h": return String(hour12)
        case "mm": return padded(moment.minute, 2)
        case "m": return String(moment.minute)
        case "ss": return padded(moment.second, 2)
        case "s": return String(moment.second)
        case "A": return moment.hour < 12 ? "AM" : "PM"
        case "SSSSSS", "SSSSS", "SSSS", "SSS", "SS", "S":
            return String(padded(moment.microsecond, 6).prefix(token.utf8.count))
        case "Z": return moment.zone?.offsetText(separator: ":") ?? ""
        case "ZZ": return moment.zone?.offsetText(separator: "") ?? ""
        case "zz": return moment.zone?.abbreviation ?? ""
        case "z": return moment.zone?.name ?? ""
        case "x": return String(floorDivide(moment.instant, 1_000_000) * 1000 + moment.microsecond / 1000)
        case "LT": return try format(moment, "h:mm A")
        case "LTS": return try format(moment, "h:mm:ss A")
        case "L": return try format(moment, "MM/DD/YYYY")
        case "LL": return try format(moment, "MMMM D, YYYY")
        case "LLL": return try format(moment, "MMMM D, YYYY h:mm A")
        case "LLLL": return try format(moment, "dddd, MMMM D, YYYY h:mm A")
        case "X": return String(floorDivide(moment.instant, 1_000_000))
        default: throw unsupported("pendulum format token \(token)")
        }
    }
}
