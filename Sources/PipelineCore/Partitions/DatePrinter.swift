/// `strftime` with glibc's directives in the C locale, which is the one that Airflow's scheduler formats in.
enum DatePrinter {
    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    /// From Monday.
    static let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

    /// - Throws: ``PartitionError`` for `%s`, which depends on the machine's zone.
    static func text(_ time: WallTime, _ format: String) throws(PartitionError) -> String {
        var result = String.UnicodeScalarView()
        var rest = Array(format.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            if scalar == "%" {
                result.append(contentsOf: try directive(time, &rest).unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// What is no directive is printed as it is written.
    private static func directive(
        _ time: WallTime, _ rest: inout ArraySlice<Unicode.Scalar>
    ) throws(PartitionError) -> String {
        let written = rest
        var flag: Unicode.Scalar?
        while let next = rest.first, "-_0^#".unicodeScalars.contains(next) { flag = rest.removeFirst() }
        if let next = rest.first, next == "E" || next == "O" { rest.removeFirst() }
        guard let mark = rest.popFirst() else { return "%" + String(String.UnicodeScalarView(written)) }
        if let number = number(time, mark) { return padded(number.value, number.width, number.pad, flag) }
        if let text = try text(time, mark) { return flag == "^" || flag == "#" ? text.uppercased() : text }
        let raw = written.prefix(written.count - rest.count)
        return "%" + String(String.UnicodeScalarView(raw))
    }

    private static func padded(
        _ value: Int, _ width: Int, _ pad: Character, _ flag: Unicode.Scalar?
    ) -> String {
        let digits = String(value)
        if flag == "-" { return digits }
        let filler: Character = flag == "_" ? " " : flag == "0" ? "0" : pad
        return String(repeating: filler, count: max(0, width - digits.count)) + digits
    }

    private static func number(
        _ time: WallTime, _ mark: Unicode.Scalar
    ) -> (value: Int, width: Int, pad: Character)? {
        let civil = time.civil
        let twelve = (civil.hour + 11) % 12 + 1
        return switch mark {
        case "Y": (civil.year, 1, "0")
        case "C": (civil.year / 100, 2, "0")
        case "y": (civil.year % 100, 2, "0")
        case "m": (civil.month, 2, "0")
        case "d": (civil.day, 2, "0")
        case "e": (civil.day, 2, " ")
        case "H": (civil.hour, 2, "0")
        case "k": (civil.hour, 2, " ")
        case "I": (twelve, 2, "0")
        case "l": (twelve, 2, " ")
        case "M": (civil.minute, 2, "0")
        case "S": (civil.second, 2, "0")
        default: calendarNumber(civil, mark)
        }
    }

    private static func calendarNumber(
        _ civil: CivilDate, _ mark: Unicode.Scalar
    ) -> (value: Int, width: Int, pad: Character)? {
        let (day, weekday) = (civil.dayOfYear, civil.weekday)
        return switch mark {
        case "j": (day, 3, "0")
        case "U": ((day + 6 - weekday) / 7, 2, "0")
        case "W": ((day + 6 - (weekday + 6) % 7) / 7, 2, "0")
        case "V": (civil.isoWeek.week, 2, "0")
        case "G": (civil.isoWeek.year, 1, "0")
        case "g": (civil.isoWeek.year % 100, 2, "0")
        case "u": ((weekday + 6) % 7 + 1, 1, "0")
        case "w": (weekday, 1, "0")
        default: nil
        }
    }

    private static func text(_ time: WallTime, _ mark: Unicode.Scalar) throws(PartitionError) -> String? {
        let weekday = weekdays[(time.civil.weekday + 6) % 7]
        let month = months[time.civil.month - 1]
        switch mark {
        case "A": return weekday
        case "a": return String(weekday.prefix(3))
        case "B": return month
        case "b", "h": return String(month.prefix(3))
        case "p": return time.civil.hour < 12 ? "AM" : "PM"
        case "P": return time.civil.hour < 12 ? "am" : "pm"
        case "f": return time.civil.microsecond.padded(6)
        case "z": return time.offsetSeconds.map { WallTime.offsetText($0, separator: "") } ?? ""
        case "Z": return zoneName(time)
        case "s": throw PartitionError("the directive %s depends on the machine's time zone; it cannot be used here")
        case "n": return "\n"
        case "t": return "\t"
        case "%": return "%"
        default: return try composed[mark].map { (format) throws(PartitionError) in try text(time, format) }
        }
    }

    private static let composed: [Unicode.Scalar: String] = [
        "c": "%a %b %e %H:%M:%S %Y", "D": "%m/%d/%y", "x": "%m/%d/%y", "F": "%Y-%m-%d", "T": "%H:%M:%S",
        "X": "%H:%M:%S", "R": "%H:%M", "r": "%I:%M:%S %p",
    ]

    private static func zoneName(_ time: WallTime) -> String {
        switch time.place {
        case .unknown: ""
        case .offset(0): "UTC"
        case .offset(let seconds): "UTC" + WallTime.offsetText(seconds, separator: ":")
        case .zone(let rules, _): time.instant.map { rules.offset(at: $0).abbreviation } ?? ""
        }
    }
}

extension CivilDate {
    /// 1 on the first of January.
    var dayOfYear: Int { daysSinceEpoch - CivilDate(year: year, month: 1, day: 1).daysSinceEpoch + 1 }

    /// ISO 8601 year and week.
    var isoWeek: (year: Int, week: Int) {
        let thursday = CivilDate(daysSinceEpoch: daysSinceEpoch - (weekday + 6) % 7 + 3)
        return (thursday.year, (thursday.dayOfYear - 1) / 7 + 1)
    }
}
