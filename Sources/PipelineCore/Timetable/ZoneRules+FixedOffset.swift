extension ZoneRules {
    /// The zone of a fixed offset by the name that serialized DAGs are given for it: `+05:30`, `-03:00`, `+00:19:32`.
    /// `nil` for any other name.
    package static func fixed(named name: String) -> ZoneRules? {
        guard let sign = name.first, sign == "+" || sign == "-" else { return nil }
        let parts = name.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in part.utf8.count == 2 && part.first != "-" ? Int(part) : nil }
        guard (2...3).contains(parts.count), numbers.count == parts.count, numbers[0] < 24,
            numbers.dropFirst().allSatisfy({ $0 < 60 })
        else { return nil }
        let seconds = zip(numbers, [3_600, 60, 1]).reduce(0) { $0 + $1.0 * $1.1 }
        return fixed(name: name, offsetSeconds: sign == "-" ? -seconds : seconds)
    }
}
