import PipelineCore

/// Time spans as people write them: `90` (seconds), `5 minutes`, `1 day 2 hours`, `PT15M`, `{hours: 1, minutes: 30}`.
enum YAMLSpan {
    static let expected = "a time span (90, '5 minutes', PT5M or {minutes: 5})"

    private static let units: [String: Double] = [
        "second": 1, "sec": 1, "s": 1, "minute": 60, "min": 60, "m": 60, "hour": 3_600, "h": 3_600, "day": 86_400,
        "d": 86_400, "week": 604_800, "w": 604_800, "millisecond": 0.001, "microsecond": 0.000_001,
    ]

    static func duration(_ node: YAMLNode) -> Duration? {
        switch node.content {
        case .scalar(.int(let seconds), _): Duration(checkedSeconds: Double(seconds))
        case .scalar(.double(let seconds), _): Duration(checkedSeconds: seconds)
        case .scalar(.string(let text), _): words(text) ?? iso8601(text)
        case .map(let entries): parts(entries)
        default: nil
        }
    }

    /// `{hours: 1}`; dag-factory's `__type__: datetime.timedelta` may stand in it.
    private static func parts(_ entries: [YAMLNode.Entry]) -> Duration? {
        var seconds = 0.0
        var isEmpty = true
        for entry in entries {
            if entry.key == "__type__", entry.value.text == "datetime.timedelta" { continue }
            guard let unit = unit(entry.key), let count = entry.value.json.doubleValue else { return nil }
            seconds += unit * count
            isEmpty = false
        }
        return isEmpty ? nil : Duration(checkedSeconds: seconds)
    }

    private static func unit(_ name: some StringProtocol) -> Double? {
        let lower = name.lowercased()
        return units[lower] ?? (lower.hasSuffix("s") ? units[String(lower.dropLast())] : nil)
    }

    /// `1 day 2 hours`, commas and `and` between them.
    private static func words(_ text: String) -> Duration? {
        let words = text.replacing(",", with: " ").split(whereSeparator: \.isWhitespace).filter { $0 != "and" }
        guard !words.isEmpty, words.count.isMultiple(of: 2) else { return nil }
        var seconds = 0.0
        for index in stride(from: 0, to: words.count, by: 2) {
            guard let count = Double(words[index]), let unit = unit(words[index + 1]) else { return nil }
            seconds += count * unit
        }
        return Duration(checkedSeconds: seconds)
    }

    private static func iso8601(_ text: String) -> Duration? {
        guard text.first == "P", text.count > 2 else { return nil }
        var seconds = 0.0
        var (number, isTime) = ("", false)
        for character in text.dropFirst() {
            switch character {
            case "T" where !isTime && number.isEmpty: isTime = true
            case "0"..."9", ".": number.append(character)
            default:
                let names: [Character: Double] =
                    isTime ? ["H": 3_600, "M": 60, "S": 1] : ["W": 604_800, "D": 86_400]
                guard let count = Double(number), let unit = names[character] else { return nil }
                seconds += count * unit
                number = ""
            }
        }
        return number.isEmpty ? Duration(checkedSeconds: seconds) : nil
    }

    /// Python's `str(timedelta)`, which is how Airflow serializes a templated one: `1 day, 0:00:03`.
    static func pythonText(_ span: Duration) -> String {
        let (days, rest) = span.microseconds.quotientAndRemainder(dividingBy: 86_400_000_000)
        let seconds = Int(rest / 1_000_000)
        let fraction = Int(rest % 1_000_000)
        let clock = "\(seconds / 3_600):\((seconds / 60 % 60).padded(2)):\((seconds % 60).padded(2))"
        let tail = fraction == 0 ? clock : "\(clock).\(fraction.padded(6))"
        return days == 0 ? tail : "\(days) \(days == 1 ? "day" : "days"), \(tail)"
    }
}

/// Moments as people write them: `2026-01-31`, `2026-01-31T12:00:00+02:00`, `3 days` (ago, from the start of today).
struct YAMLMoment {
    static let expected = "a date (2026-01-31, 2026-01-31T12:00:00+02:00, or '3 days' ago)"

    let now: Timestamp
    let zone: ZoneRules

    func instant(_ node: YAMLNode) -> Timestamp? {
        guard let text = node.text else { return nil }
        if let civil = Self.civil(text) { return zone.instant(civil) }
        if let instant = Timestamp(iso8601: text) { return instant }
        guard case .scalar(.string, _) = node.content, let span = YAMLSpan.duration(node) else { return nil }
        var today = zone.civil(now)
        (today.hour, today.minute, today.second, today.microsecond) = (0, 0, 0, 0)
        return zone.instant(today) - span
    }

    /// A date or time without an offset: a wall clock of the DAG's zone.
    static func civil(_ text: String) -> CivilDate? {
        let hasOffset = text.hasSuffix("Z") || text.hasSuffix("z") || text.dropFirst(10).contains { "+-".contains($0) }
        guard !hasOffset, let instant = Timestamp(iso8601: text) else { return nil }
        return CivilDate(instant)
    }
}
