/// The offsets of a time zone from UTC through time, as a TZif file (RFC 9636) tells them.
package struct ZoneRules: Sendable, Hashable {
    /// One kind of local time.
    package struct Offset: Sendable, Hashable {
        /// Seconds east of UTC.
        package var seconds: Int
        package var isDaylightSaving: Bool
        package var abbreviation: String
    }

    package let name: String
    /// Instants in seconds at which the offset changes, ascending, and the offset from then on.
    let transitions: [Int64]
    let offsets: [Offset]
    /// Before the first transition.
    let first: Offset
    /// After the last transition.
    let rule: PosixZoneRule?

    package static let utc = ZoneRules(
        name: "UTC", transitions: [], offsets: [],
        first: Offset(seconds: 0, isDaylightSaving: false, abbreviation: "UTC"), rule: nil)

    init(name: String, transitions: [Int64], offsets: [Offset], first: Offset, rule: PosixZoneRule?) {
        self.name = name
        self.transitions = transitions
        self.offsets = offsets
        self.first = first
        self.rule = rule
    }

    /// A zone with one offset for ever.
    package static func fixed(name: String, offsetSeconds: Int) -> ZoneRules {
        let offset = Offset(seconds: offsetSeconds, isDaylightSaving: false, abbreviation: name)
        return ZoneRules(name: name, transitions: [], offsets: [], first: offset, rule: nil)
    }

    /// The offset in force at an instant.
    package func offset(at instant: Timestamp) -> Offset {
        let seconds = instant.microseconds.flooredDivision(by: 1_000_000).quotient
        guard let last = transitions.last else { return rule?.offset(at: seconds) ?? first }
        if seconds >= last, let rule { return rule.offset(at: seconds) }
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= seconds { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? first : offsets[low - 1]
    }

    /// The wall clock at an instant.
    package func civil(_ instant: Timestamp) -> CivilDate {
        CivilDate(instant, offsetSeconds: offset(at: instant).seconds)
    }

    /// The instant at which the wall clock shows `civil`. In a fold hour, which the clock shows twice, it is the second
    /// time; in a gap, which it never shows, the clock is read as if it had not been changed yet: both as Airflow does
    /// (`make_aware` with fold 1).
    package func instant(_ civil: CivilDate) -> Timestamp {
        let (shown, shifted) = readings(civil)
        return shown.last ?? shifted
    }
}
