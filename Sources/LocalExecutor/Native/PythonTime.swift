import PipelineCore

/// Python's instants and spans as text, and those that come in Airflow's encoding.
enum PythonTime {
    /// `str(datetime)` in UTC: `2026-01-02 03:04:05.600000+00:00`.
    static func text(_ instant: Timestamp) -> String { instant.isoFormat.replacing("T", with: " ", maxReplacements: 1) }

    /// `str(timedelta)`: `1 day, 2:03:04.000005`.
    static func text(_ span: Duration) -> String {
        let total = span.microseconds
        let day: Int64 = 86_400_000_000
        let rest = (total % day + day) % day
        let days = (total - rest) / day
        let (seconds, micros) = (Int(rest / 1_000_000), Int(rest % 1_000_000))
        let clock = "\(seconds / 3_600):\((seconds / 60 % 60).padded(2)):\((seconds % 60).padded(2))"
        let fraction = micros == 0 ? "" : ".\(micros.padded(6))"
        let prefix = days == 0 ? "" : "\(days) day\(abs(days) == 1 ? "" : "s"), "
        return prefix + clock + fraction
    }

    /// `datetime.isoweekday()`: 1 = Monday ... 7 = Sunday.
    static func isoWeekday(_ civil: CivilDate) -> Int { civil.weekday == 0 ? 7 : civil.weekday }

    /// A bound in time as an operator got it.
    enum Bound: Sendable, Hashable {
        /// A datetime with a zone.
        case instant(Timestamp)
        /// A datetime without one.
        case wall(CivilDate)
        /// A time of day, with an offset from UTC where it had one.
        case timeOfDay(CivilDate, offsetSeconds: Int?)
    }

    /// `nil` for a value that is none of them.
    static func bound(_ value: JSONValue) -> Bound? {
        if let seconds = NativeAttributes.encoded("datetime", value)?.doubleValue {
            return .instant(Timestamp(seconds: seconds))
        }
        if let text = NativeAttributes.encoded("naive_datetime", value)?.stringValue {
            return Timestamp(iso8601: text).map { .wall(CivilDate($0)) }
        }
        if let text = NativeAttributes.encoded("time", value)?.stringValue { return timeOfDay(text) }
        return nil
    }

    /// `HH:MM[:SS[.ffffff]][+HH:MM]`.
    private static func timeOfDay(_ text: String) -> Bound? {
        let sign = text.firstIndex { $0 == "+" || $0 == "-" }
        guard let wall = Timestamp(iso8601: "1970-01-01T" + text[..<(sign ?? text.endIndex)]) else { return nil }
        guard sign != nil else { return .timeOfDay(CivilDate(wall), offsetSeconds: nil) }
        guard let utc = Timestamp(iso8601: "1970-01-01T" + text) else { return nil }
        return .timeOfDay(CivilDate(wall), offsetSeconds: Int((wall - utc).inSeconds))
    }
}
