/// What a clock on a wall shows, and what is known of where it hangs: Python's `datetime`, naive or aware.
struct WallTime: Sendable, Hashable {
    enum Place: Sendable, Hashable {
        /// A naive time.
        case unknown
        /// `isSecond` is Python's `fold`: which of two equal readings it is.
        case zone(ZoneRules, isSecond: Bool)
        case offset(seconds: Int)
    }

    var civil: CivilDate
    var place: Place = .unknown

    var isNaive: Bool { place == .unknown }

    /// Seconds east of UTC; `nil` for a naive time.
    var offsetSeconds: Int? {
        switch place {
        case .unknown: nil
        case .offset(let seconds): seconds
        case .zone(let rules, let isSecond): rules.offsetSeconds(of: civil, isSecond: isSecond)
        }
    }

    /// `nil` for a naive time.
    var instant: Timestamp? { offsetSeconds.map { civil.timestamp(offsetSeconds: $0) } }

    /// As Airflow's `make_aware`: the second of two equal readings, and one that a gap swallows is moved past it.
    func localized(_ zone: ZoneRules) -> WallTime {
        WallTime(civil: zone.civil(zone.instant(civil)), place: .zone(zone, isSecond: true))
    }

    /// The same instant on another wall (`astimezone`); a naive time is localized.
    func converted(to zone: ZoneRules) -> WallTime {
        guard let instant else { return localized(zone) }
        let civil = zone.civil(instant)
        let isSecond = zone.offsetSeconds(of: civil, isSecond: false) != zone.offset(at: instant).seconds
        return WallTime(civil: civil, place: .zone(zone, isSecond: isSecond))
    }

    /// Moves the hands, whatever the zone does meanwhile: `datetime + timedelta`, which forgets the fold.
    func moved(by duration: Duration) -> WallTime {
        WallTime(civil: CivilDate(civil.timestamp() + duration), place: firstOfTwo)
    }

    /// Moves the month; the day must exist there.
    func moved(months: Int) -> WallTime {
        var moved = self
        let total = Int64(civil.year * 12 + civil.month - 1 + months)
        let (year, month) = total.flooredDivision(by: 12)
        (moved.civil.year, moved.civil.month) = (Int(year), Int(month) + 1)
        return moved
    }

    private var firstOfTwo: Place {
        if case .zone(let rules, _) = place { .zone(rules, isSecond: false) } else { place }
    }

    /// As Python's `isoformat()`.
    var isoText: String {
        var text = "\(civil.year.padded(4))-\(civil.month.padded(2))-\(civil.day.padded(2))"
        text += "T\(civil.hour.padded(2)):\(civil.minute.padded(2)):\(civil.second.padded(2))"
        if civil.microsecond != 0 { text += ".\(civil.microsecond.padded(6))" }
        if let offsetSeconds { text += Self.offsetText(offsetSeconds, separator: ":") }
        return text
    }

    /// `+0530`; with seconds only where there are any.
    static func offsetText(_ seconds: Int, separator: String) -> String {
        let size = abs(seconds)
        var parts = [(size / 3_600).padded(2), (size / 60 % 60).padded(2)]
        if size % 60 != 0 { parts.append((size % 60).padded(2)) }
        return (seconds < 0 ? "-" : "+") + parts.joined(separator: separator)
    }
}

extension ZoneRules {
    /// The offset that the wall clock has when it shows `civil`: before a change of the clocks or, the second time or in
    /// a gap with `isSecond`, after it. Source: Python `zoneinfo`.
    func offsetSeconds(of civil: CivilDate, isSecond: Bool) -> Int {
        let guess = civil.timestamp()
        let before = offset(at: guess - .seconds(86_400)).seconds
        let after = offset(at: guess + .seconds(86_400)).seconds
        let valid = [before, after].filter { offset(at: civil.timestamp(offsetSeconds: $0)).seconds == $0 }
        if Set(valid).count == 1 { return valid[0] }
        return isSecond ? after : before
    }
}
