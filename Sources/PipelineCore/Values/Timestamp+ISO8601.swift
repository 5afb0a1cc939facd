extension Timestamp: CustomStringConvertible {
    /// Python's `datetime.isoformat()` in UTC: `2026-01-02T03:04:05+00:00`, with microseconds only where there are any.
    package var isoFormat: String { "\(civilText(separator: "T"))+00:00" }

    /// The REST API's form: `2026-01-02T03:04:05Z`, with microseconds only where there are any.
    package var apiFormat: String { "\(civilText(separator: "T"))Z" }

    package var description: String { apiFormat }

    private func civilText(separator: String) -> String {
        let civil = CivilDate(self)
        let date = "\(civil.year.padded(4))-\(civil.month.padded(2))-\(civil.day.padded(2))"
        let time = "\(civil.hour.padded(2)):\(civil.minute.padded(2)):\(civil.second.padded(2))"
        let fraction = civil.microsecond == 0 ? "" : ".\(civil.microsecond.padded(6))"
        return date + separator + time + fraction
    }

    /// Reads ISO 8601 as people and Airflow write it: `2026-01-02`, `2026-01-02T03:04[:05[.123456]]`, a blank for the
    /// `T`, and `Z`, `+01:00` or `+0100` behind it. Without an offset the time is UTC. `nil` for anything else.
    package init?(iso8601 text: some StringProtocol) {
        var scanner = ISO8601Scanner(text.utf8)
        guard let value = scanner.timestamp() else { return nil }
        self = value
    }
}

private struct ISO8601Scanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    mutating func timestamp() -> Timestamp? {
        guard var civil = date() else { return nil }
        if position == bytes.count { return civil.timestamp() }
        guard skip("T") || skip("t") || skip(" "), time(into: &civil), let offset = offset(), position == bytes.count
        else { return nil }
        return civil.timestamp(offsetSeconds: offset)
    }

    private mutating func date() -> CivilDate? {
        guard let year = digits(4), skip("-"), let month = digits(2), skip("-"), let day = digits(2),
            (1...12).contains(month), day >= 1, day <= CivilDate.daysIn(month: month, year: year)
        else { return nil }
        return CivilDate(year: year, month: month, day: day)
    }

    private mutating func time(into civil: inout CivilDate) -> Bool {
        guard let hour = digits(2), hour < 24, skip(":"), let minute = digits(2), minute < 60 else { return false }
        (civil.hour, civil.minute) = (hour, minute)
        guard skip(":") else { return true }
        guard let second = digits(2), second < 60 else { return false }
        civil.second = second
        guard skip(".") || skip(",") else { return true }
        return fraction(into: &civil)
    }

    private mutating func fraction(into civil: inout CivilDate) -> Bool {
        var scale = 100_000
        let start = position
        while position < bytes.count, let digit = digits(1) {
            civil.microsecond += digit * scale
            scale /= 10
        }
        return position > start
    }

    private mutating func offset() -> Int? {
        if position == bytes.count || skip("Z") || skip("z") { return 0 }
        let sign = skip("+") ? 1 : skip("-") ? -1 : 0
        guard sign != 0, let hours = digits(2), hours < 24 else { return nil }
        _ = skip(":")
        guard position < bytes.count else { return sign * hours * 3_600 }
        guard let minutes = digits(2), minutes < 60 else { return nil }
        return sign * (hours * 3_600 + minutes * 60)
    }

    private mutating func digits(_ count: Int) -> Int? {
        guard position + count <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[position..<position + count] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        position += count
        return value
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }
}

extension Int {
    /// Decimal digits with leading zeros up to `width`.
    package func padded(_ width: Int) -> String {
        let digits = String(magnitude)
        let zeros = String(repeating: "0", count: Swift.max(0, width - digits.count))
        return (self < 0 ? "-" : "") + zeros + digits
    }
}
