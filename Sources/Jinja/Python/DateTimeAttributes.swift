/// Attributes of datetimes, dates and timedeltas. What is not listed is unsupported rather than undefined.
enum DateTimeAttributes {
    static func get(_ moment: JinjaDateTime, _ name: String) throws -> JinjaValue? {
        switch name {
        case "year", "month", "day": return field(moment.day, name)
        case "hour": return .int(moment.hour)
        case "minute": return .int(moment.minute)
        case "second": return .int(moment.second)
        case "microsecond": return .int(moment.microsecond)
        default: break
        }
        if DateTimeMethods.names.contains(name) || moment.flavor == .pendulum && DateTimeMethods.pendulumNames.contains(name) {
            return .method(JinjaMethod(receiver: .datetime(moment), name: name))
        }
        if moment.flavor == .pendulum, let value = try pendulum(moment, name) { return value }
        throw unsupported("attribute \(name) of a datetime")
    }

    private static func field(_ day: CalendarDay, _ name: String) -> JinjaValue {
        .int(name == "year" ? day.year : name == "month" ? day.month : day.day)
    }

    private static func pendulum(_ moment: JinjaDateTime, _ name: String) throws -> JinjaValue? {
        switch name {
        case "int_timestamp": return .int(floorDivide(moment.instant, 1_000_000))
        case "float_timestamp": return .double(try DateTimeMethods.timestamp(moment))
        case "offset": return moment.zone.map { .int($0.offsetSeconds) } ?? JinjaValue.none
        case "offset_hours": return moment.zone.map { .double(Double($0.offsetSeconds) / 3600) } ?? JinjaValue.none
        case "timezone_name": return moment.zone.map { .string($0.name) } ?? JinjaValue.none
        case "tz", "timezone", "tzinfo":
            guard let zone = moment.zone, let repr = zone.repr else { return JinjaValue.none }
            return .object(
                JinjaRecord(
                    typeName: "pendulum.tz.timezone.Timezone object", attributes: ["name": .string(zone.name)],
                    text: zone.name, representation: repr))
        default: return calendar(moment.day, name)
        }
    }

    /// Pendulum's calendar properties.
    private static func calendar(_ day: CalendarDay, _ name: String) -> JinjaValue? {
        switch name {
        case "day_of_year": .int(day.dayOfYear)
        case "week_of_year": .int(day.isoWeek.week)
        case "days_in_month": .int(CalendarDay.length(year: day.year, month: day.month))
        case "quarter": .int((day.month + 2) / 3)
        default: nil
        }
    }

    static func get(_ date: JinjaDate, _ name: String) throws -> JinjaValue? {
        switch name {
        case "year", "month", "day": return field(date.day, name)
        case "strftime", "isoformat", "weekday", "isoweekday", "replace", "toordinal":
            return .method(JinjaMethod(receiver: .date(date), name: name))
        default:
            if date.flavor == .pendulum, let value = calendar(date.day, name) { return value }
            throw unsupported("attribute \(name) of a date")
        }
    }

    static func get(_ delta: JinjaTimeDelta, _ name: String) throws -> JinjaValue? {
        if delta.isInterval, delta.microseconds < 0 { throw unsupported("attribute of a negative interval") }
        switch name {
        case "days": return .int(delta.days)
        case "seconds" where !delta.isInterval: return .int(delta.rest / 1_000_000)
        case "microseconds" where !delta.isInterval: return .int(delta.rest % 1_000_000)
        case "total_seconds": return .method(JinjaMethod(receiver: .timedelta(delta), name: name))
        case "in_days", "in_hours", "in_minutes", "in_seconds", "total_days", "total_hours", "total_minutes":
            guard delta.isInterval else { throw unsupported("attribute \(name) of a timedelta") }
            return .method(JinjaMethod(receiver: .timedelta(delta), name: name))
        default: throw unsupported("attribute \(name) of a timedelta")
        }
    }
}
