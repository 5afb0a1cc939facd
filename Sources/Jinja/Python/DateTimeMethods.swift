/// Methods of datetimes, dates and timedeltas.
enum DateTimeMethods {
    /// Methods of both `datetime.datetime` and `pendulum.DateTime`.
    static let names: Set<String> = [
        "strftime", "isoformat", "timestamp", "date", "replace", "weekday", "isoweekday", "toordinal",
    ]
    /// Methods of `pendulum.DateTime` alone.
    static let pendulumNames: Set<String> = [
        "add", "subtract", "to_date_string", "to_datetime_string", "to_time_string", "to_iso8601_string",
        "to_rfc3339_string", "to_atom_string", "to_w3c_string", "to_day_datetime_string", "to_formatted_date_string",
        "in_timezone", "in_tz", "start_of", "end_of", "format", "is_utc", "is_leap_year", "set",
    ]

    static func call(_ moment: JinjaDateTime, _ name: String, _ arguments: JinjaArguments) throws -> JinjaValue {
        switch name {
        case "strftime": return .string(try Strftime.format(moment, try only(arguments, "format")))
        case "isoformat":
            let bound = try arguments.bind(name, ["sep"])
            return .string(moment.isoformat(separator: try bound[0].string("sep", default: "T")))
        case "replace", "set": return .datetime(try replace(moment, arguments))
        case "add": return .datetime(try PendulumDuration(arguments, sign: 1).added(to: moment))
        case "subtract": return .datetime(try PendulumDuration(arguments, sign: -1).added(to: moment))
        case "format":
            return .string(try PendulumFormat.format(moment, try only(arguments, "fmt")))
        case "in_timezone", "in_tz":
            guard try only(arguments, "tz") == "UTC" else { throw unsupported("in_timezone() to another zone than UTC") }
            return .datetime(moment.inUTC())
        case "start_of", "end_of":
            return .datetime(try boundary(moment, try only(arguments, "unit"), isEnd: name == "end_of"))
        default: return try withoutArguments(moment, name, arguments)
        }
    }

    private static func only(_ arguments: JinjaArguments, _ name: String) throws -> String {
        try arguments.bind(name, [name], required: 1)[0].string(name, default: "")
    }

    private static func withoutArguments(
        _ moment: JinjaDateTime, _ name: String, _ arguments: JinjaArguments
    ) throws -> JinjaValue {
        _ = try arguments.bind(name, [])
        switch name {
        case "timestamp": return .double(try timestamp(moment))
        case "date": return .date(JinjaDate(days: moment.day.days, flavor: moment.flavor))
        case "weekday": return .int(moment.day.weekday)
        case "isoweekday": return .int(moment.day.weekday + 1)
        case "toordinal": return .int(moment.day.days + 719_163)
        case "to_date_string": return .string(isoDate(moment.day))
        case "to_time_string": return .string(try Strftime.format(moment, "%H:%M:%S"))
        case "to_datetime_string": return .string(isoDate(moment.day) + (try Strftime.format(moment, " %H:%M:%S")))
        case "to_formatted_date_string": return .string(try PendulumFormat.format(moment, "MMM DD, YYYY"))
        case "to_day_datetime_string": return .string(try PendulumFormat.format(moment, "ddd, MMM D, YYYY h:mm A"))
        case "to_rfc3339_string", "to_iso8601_string", "to_atom_string", "to_w3c_string":
            return .string(try standardText(moment, name))
        case "is_utc": return .bool(moment.zone?.offsetSeconds == 0)
        case "is_leap_year": return .bool(CalendarDay.isLeap(moment.day.year))
        default: throw unsupported("\(name)() of a datetime")
        }
    }

    private static func standardText(_ moment: JinjaDateTime, _ name: String) throws -> String {
        let text = moment.isoformat()
        switch name {
        case "to_rfc3339_string": return text
        case "to_iso8601_string": return moment.zone?.name == "UTC" ? PythonStrings.replace(text, "+00:00", "Z") : text
        default: return try PendulumFormat.format(moment, "YYYY-MM-DDTHH:mm:ssZ")
        }
    }

    static func timestamp(_ moment: JinjaDateTime) throws -> Double {
        guard moment.zone != nil else { throw unsupported("timestamp of a naive datetime") }
        return Double(moment.instant) / 1e6
    }

    private static func replace(_ moment: JinjaDateTime, _ arguments: JinjaArguments) throws -> JinjaDateTime {
        guard moment.zone?.isConstant ?? true else { throw unsupported("replace() in time zone \(moment.zone?.name ?? "")") }
        let names = ["year", "month", "day", "hour", "minute", "second", "microsecond"]
        let bound = try arguments.bind("replace", names)
        func pick(_ index: Int, _ current: Int) throws -> Int {
            bound[index].isMissing ? current : try bound[index].integer(names[index], default: current)
        }
        let day = moment.day
        let replaced = JinjaDateTime(
            day: CalendarDay(year: try pick(0, day.year), month: try pick(1, day.month), day: try pick(2, day.day)),
            hour: try pick(3, moment.hour), minute: try pick(4, moment.minute), second: try pick(5, moment.second),
            microsecond: try pick(6, moment.microsecond), zone: moment.zone, flavor: moment.flavor)
        guard let replaced else { throw unsupported("replace() giving an impossible date") }
        return replaced
    }

    private static func boundary(_ moment: JinjaDateTime, _ unit: String, isEnd: Bool) throws -> JinjaDateTime {
        guard moment.zone?.isConstant ?? true else { throw unsupported("start_of() in time zone \(moment.zone?.name ?? "")") }
        let sizes = ["second": 1_000_000, "minute": 60_000_000, "hour": 3_600_000_000, "day": JinjaDateTime.microsecondsPerDay]
        if let size = sizes[unit] {
            let start = floorDivide(moment.wall, size) * size
            return JinjaDateTime(wall: isEnd ? start + size - 1 : start, zone: moment.zone, flavor: moment.flavor)
        }
        let day = moment.day
        let first: CalendarDay
        let next: CalendarDay
        switch unit {
        case "week":
            first = CalendarDay(days: day.days - day.weekday)
            next = CalendarDay(days: first.days + 7)
        case "month":
            first = CalendarDay(year: day.year, month: day.month, day: 1)
            next = first.adding(months: 1)
        case "year":
            first = CalendarDay(year: day.year, month: 1, day: 1)
            next = CalendarDay(year: day.year + 1, month: 1, day: 1)
        case "decade", "century":
            let size = unit == "decade" ? 10 : 100
            let start = unit == "decade" ? day.year - day.year % 10 : day.year - 1 - (day.year - 1) % 100 + 1
            first = CalendarDay(year: start, month: 1, day: 1)
            next = CalendarDay(year: start + size, month: 1, day: 1)
        default: throw unsupported("start_of(\(unit))")
        }
        let wall = isEnd ? next.days * JinjaDateTime.microsecondsPerDay - 1 : first.days * JinjaDateTime.microsecondsPerDay
        return JinjaDateTime(wall: wall, zone: moment.zone, flavor: moment.flavor)
    }

    static func call(_ date: JinjaDate, _ name: String, _ arguments: JinjaArguments) throws -> JinjaValue {
        let midnight = JinjaDateTime(wall: date.days * JinjaDateTime.microsecondsPerDay, zone: nil, flavor: date.flavor)
        switch name {
        case "strftime": return try call(midnight, name, arguments)
        case "isoformat":
            _ = try arguments.bind(name, [])
            return .string(isoDate(date.day))
        case "weekday", "isoweekday", "toordinal": return try withoutArguments(midnight, name, arguments)
        case "replace":
            _ = try arguments.bind(name, ["year", "month", "day"])
            return .date(JinjaDate(days: try replace(midnight, arguments).day.days, flavor: date.flavor))
        default: throw unsupported("\(name)() of a date")
        }
    }

    static func call(_ delta: JinjaTimeDelta, _ name: String, _ arguments: JinjaArguments) throws -> JinjaValue {
        _ = try arguments.bind(name, [])
        let seconds = Double(delta.microseconds) / 1e6
        switch name {
        case "total_seconds": return .double(seconds)
        case "total_minutes": return .double(seconds / 60)
        case "total_hours": return .double(seconds / 3600)
        case "total_days": return .double(seconds / 86_400)
        case "in_seconds": return .int(delta.microseconds / 1_000_000)
        case "in_minutes": return .int(delta.microseconds / 60_000_000)
        case "in_hours": return .int(delta.microseconds / 3_600_000_000)
        default: return .int(delta.days)
        }
    }
}
