/// `strftime` with glibc's directives in the C locale, the locale Airflow's task runner formats in.
enum Strftime {
    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    static let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

    static func format(_ moment: JinjaDateTime, _ format: String) throws -> String {
        guard moment.day.year >= 1000 else { throw unsupported("strftime before the year 1000") }
        var result = String.UnicodeScalarView()
        var rest = Array(format.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                result.append(scalar)
                continue
            }
            result.append(contentsOf: try directive(moment, &rest).unicodeScalars)
        }
        return String(result)
    }

    private static func directive(_ moment: JinjaDateTime, _ rest: inout ArraySlice<Unicode.Scalar>) throws -> String {
        let isUnpadded = rest.first == "-"
        if isUnpadded { rest.removeFirst() }
        guard let mark = rest.popFirst() else { throw unsupported("strftime format ending in %") }
        if let (value, width) = number(moment, mark) { return isUnpadded ? String(value) : padded(value, width) }
        guard !isUnpadded else { throw unsupported("strftime directive %-\(mark)") }
        return try text(moment, mark)
    }

    /// Directives that are numbers with leading zeros.
    private static func number(_ moment: JinjaDateTime, _ mark: Unicode.Scalar) -> (value: Int, width: Int)? {
        let day = moment.day
        switch mark {
        case "Y": return (day.year, 1)
        case "y": return (day.year % 100, 2)
        case "C": return (day.year / 100, 2)
        case "m": return (day.month, 2)
        case "d": return (day.day, 2)
        case "H": return (moment.hour, 2)
        case "I": return ((moment.hour + 11) % 12 + 1, 2)
        case "M": return (moment.minute, 2)
        case "S": return (moment.second, 2)
        case "j": return (day.dayOfYear, 3)
        case "U": return ((day.dayOfYear + 6 - (day.weekday + 1) % 7) / 7, 2)
        case "W": return ((day.dayOfYear + 6 - day.weekday) / 7, 2)
        case "V": return (day.isoWeek.week, 2)
        case "G": return (day.isoWeek.year, 1)
        case "u": return (day.weekday + 1, 1)
        case "w": return ((day.weekday + 1) % 7, 1)
        default: return nil
        }
    }

    private static func text(_ moment: JinjaDateTime, _ mark: Unicode.Scalar) throws -> String {
        let day = moment.day
        switch mark {
        case "B": return months[day.month - 1]
        case "b", "h": return String(months[day.month - 1].prefix(3))
        case "A": return weekdays[day.weekday]
        case "a": return String(weekdays[day.weekday].prefix(3))
        case "p": return moment.hour < 12 ? "AM" : "PM"
        case "f": return padded(moment.microsecond, 6)
        case "z": return moment.zone?.offsetText(separator: "") ?? ""
        case "Z": return moment.zone?.abbreviation ?? ""
        case "F": return isoDate(day)
        case "T", "X": return try format(moment, "%H:%M:%S")
        case "R": return try format(moment, "%H:%M")
        case "D", "x": return try format(moment, "%m/%d/%y")
        case "c": return try format(moment, "%a %b ") + leftPadded(day.day) + format(moment, " %H:%M:%S %Y")
        case "r": return try format(moment, "%I:%M:%S %p")
        case "e": return leftPadded(day.day)
        case "k": return leftPadded(moment.hour)
        case "l": return leftPadded((moment.hour + 11) % 12 + 1)
        case "n": return "\n"
        case "t": return "\t"
        case "%": return "%"
        default: throw unsupported("strftime directive %\(mark)")
        }
    }

    private static func leftPadded(_ value: Int) -> String { value < 10 ? " \(value)" : "\(value)" }
}
