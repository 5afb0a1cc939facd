/// A moment as `datetime.datetime` or `pendulum.DateTime` hold it: wall-clock fields and perhaps a zone.
package struct JinjaDateTime {
    /// Which Python class the value has; they print and compute in different ways.
    package enum Flavor: Sendable {
        /// `pendulum.DateTime`, the type of Airflow's `logical_date` and data interval.
        case pendulum
        /// `datetime.datetime`, the type of `macros.datetime(...)`.
        case python
    }

    /// Microseconds from 1970-01-01T00:00 to the wall-clock fields, without regard to the zone.
    package var wall: Int
    package var zone: JinjaZone?
    package var flavor: Flavor

    /// - Parameters:
    ///   - unixMicroseconds: the instant.
    ///   - zone: the zone to show it in.
    package init(unixMicroseconds: Int, zone: JinjaZone, flavor: Flavor = .pendulum) {
        self.init(wall: unixMicroseconds + zone.offsetSeconds * 1_000_000, zone: zone, flavor: flavor)
    }

    init(wall: Int, zone: JinjaZone?, flavor: Flavor) {
        self.wall = wall
        self.zone = zone
        self.flavor = flavor
    }

    /// Builds from fields; nil when Python's constructor would refuse them.
    init?(
        day: CalendarDay, hour: Int = 0, minute: Int = 0, second: Int = 0, microsecond: Int = 0, zone: JinjaZone?,
        flavor: Flavor
    ) {
        guard day.isValid, (0..<24).contains(hour), (0..<60).contains(minute), (0..<60).contains(second),
            (0..<1_000_000).contains(microsecond)
        else { return nil }
        let seconds = day.days * 86_400 + hour * 3600 + minute * 60 + second
        self.init(wall: seconds * 1_000_000 + microsecond, zone: zone, flavor: flavor)
    }

    static let microsecondsPerDay = 86_400_000_000

    var day: CalendarDay { CalendarDay(days: floorDivide(wall, Self.microsecondsPerDay)) }
    var microsecondOfDay: Int { floorModulo(wall, Self.microsecondsPerDay) }
    var hour: Int { microsecondOfDay / 3_600_000_000 }
    var minute: Int { microsecondOfDay / 60_000_000 % 60 }
    var second: Int { microsecondOfDay / 1_000_000 % 60 }
    var microsecond: Int { microsecondOfDay % 1_000_000 }

    /// Microseconds since the epoch in UTC; a naive value counts as if it were UTC.
    var instant: Int { wall - (zone?.offsetSeconds ?? 0) * 1_000_000 }

    /// What two values compare by.
    var comparable: Int { instant }

    /// `isoformat(sep)`.
    func isoformat(separator: String = "T") -> String {
        var text = "\(isoDate(day))\(separator)\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))"
        if microsecond != 0 { text += "." + padded(microsecond, 6) }
        return text + (zone.map { $0.offsetText(separator: ":") } ?? "")
    }

    /// `repr()`.
    func repr() throws -> String {
        var fields = "\(day.year), \(day.month), \(day.day), \(hour), \(minute)"
        if flavor == .pendulum || second != 0 || microsecond != 0 { fields += ", \(second)" }
        if microsecond != 0 { fields += ", \(microsecond)" }
        if let zone {
            guard let shown = zone.repr else { throw unsupported("repr of a datetime with zone \(zone.name)") }
            fields += ", tzinfo=\(shown)"
        }
        return (flavor == .pendulum ? "DateTime(" : "datetime.datetime(") + fields + ")"
    }

    /// Moves the wall clock; only sound where the zone has no transitions.
    func moved(by microseconds: Int) throws -> JinjaDateTime {
        guard zone?.isConstant ?? true else { throw unsupported("arithmetic in time zone \(zone?.name ?? "")") }
        let (moved, overflow) = wall.addingReportingOverflow(microseconds)
        let result = JinjaDateTime(wall: moved, zone: zone, flavor: flavor)
        guard !overflow, result.day.isValid else { throw pythonError("OverflowError", "date value out of range") }
        return result
    }

    /// The same instant in UTC.
    func inUTC() -> JinjaDateTime {
        JinjaDateTime(unixMicroseconds: instant, zone: flavor == .pendulum ? .pendulumUTC : .pythonUTC, flavor: flavor)
    }
}

/// The zone of a moment: what the offset was then, and how Python names it.
package struct JinjaZone: Equatable, Sendable {
    package let offsetSeconds: Int
    /// What `%Z` prints, such as `UTC` or `CET`.
    package let abbreviation: String
    /// The zone's identifier, such as `Europe/Paris`.
    package let name: String
    /// `repr(tzinfo)`, when it is known.
    package let repr: String?
    /// Whether the offset never changes, so that arithmetic on the wall clock is exact.
    package let isConstant: Bool

    package init(offsetSeconds: Int, abbreviation: String, name: String, repr: String?, isConstant: Bool) {
        self.offsetSeconds = offsetSeconds
        self.abbreviation = abbreviation
        self.name = name
        self.repr = repr
        self.isConstant = isConstant
    }

    /// `pendulum.UTC`.
    package static let pendulumUTC = JinjaZone(
        offsetSeconds: 0, abbreviation: "UTC", name: "UTC", repr: "Timezone('UTC')", isConstant: true)
    /// `datetime.timezone.utc`.
    package static let pythonUTC = JinjaZone(
        offsetSeconds: 0, abbreviation: "UTC", name: "UTC", repr: "datetime.timezone.utc", isConstant: true)

    /// A zone of the tz database at one moment, as pendulum shows it.
    package static func pendulum(name: String, abbreviation: String, offsetSeconds: Int) -> JinjaZone {
        JinjaZone(
            offsetSeconds: offsetSeconds, abbreviation: abbreviation, name: name, repr: "Timezone('\(name)')",
            isConstant: false)
    }

    /// `+02:00`, with seconds when there are some.
    func offsetText(separator: String) -> String {
        let size = abs(offsetSeconds)
        var text = (offsetSeconds < 0 ? "-" : "+") + padded(size / 3600, 2) + separator + padded(size / 60 % 60, 2)
        if size % 60 != 0 { text += separator + padded(size % 60, 2) }
        return text
    }
}

/// `datetime.date` or `pendulum.Date`.
package struct JinjaDate {
    /// Days since 1970-01-01.
    var days: Int
    var flavor: JinjaDateTime.Flavor

    var day: CalendarDay { CalendarDay(days: days) }

    var repr: String {
        let fields = "(\(day.year), \(day.month), \(day.day))"
        return (flavor == .pendulum ? "Date" : "datetime.date") + fields
    }
}

/// `datetime.timedelta`, or a pendulum interval, of which only the exact parts are covered.
package struct JinjaTimeDelta {
    var microseconds: Int
    /// Whether Python has a `pendulum.Interval` here, which prints in words.
    var isInterval = false

    var days: Int { floorDivide(microseconds, JinjaDateTime.microsecondsPerDay) }
    var rest: Int { floorModulo(microseconds, JinjaDateTime.microsecondsPerDay) }

    /// `str()` of a timedelta.
    func string() throws -> String {
        if isInterval { throw unsupported("text of a pendulum interval") }
        let seconds = rest / 1_000_000
        var text = days == 0 ? "" : "\(days) day\(abs(days) == 1 ? "" : "s"), "
        text += "\(seconds / 3600):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        if rest % 1_000_000 != 0 { text += "." + padded(rest % 1_000_000, 6) }
        return text
    }

    /// `repr()` of a timedelta.
    func repr() throws -> String {
        if isInterval { throw unsupported("repr of a pendulum interval") }
        var parts: [String] = []
        if days != 0 { parts.append("days=\(days)") }
        if rest / 1_000_000 != 0 { parts.append("seconds=\(rest / 1_000_000)") }
        if rest % 1_000_000 != 0 { parts.append("microseconds=\(rest % 1_000_000)") }
        return "datetime.timedelta(" + (parts.isEmpty ? "0" : parts.joined(separator: ", ")) + ")"
    }
}

/// `YYYY-MM-DD`.
func isoDate(_ day: CalendarDay) -> String {
    "\(padded(day.year, 4))-\(padded(day.month, 2))-\(padded(day.day, 2))"
}
