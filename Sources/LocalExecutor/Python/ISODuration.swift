import PipelineCore

/// ISO 8601 durations as `msgspec` and pydantic write a `timedelta`: `P1DT2H3M4.5S`, `-P1D`.
enum ISODuration {
    /// `nil` for anything else; years and months have no fixed length and are refused too.
    static func parse(_ text: String) -> Duration? {
        var rest = Substring(text)
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest.removeFirst() }
        guard rest.popFirst() == "P", !rest.isEmpty else { return nil }
        var seconds = 0.0
        var inTime = false
        while let first = rest.first {
            if first == "T" {
                inTime = true
                rest.removeFirst()
                continue
            }
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            guard let number = Double(digits) else { return nil }
            rest.removeFirst(digits.count)
            guard let unit = rest.popFirst(), let scale = scale(of: unit, inTime: inTime) else { return nil }
            seconds += number * scale
        }
        return .init(fractionalSeconds: isNegative ? -seconds : seconds)
    }

    private static func scale(of unit: Character, inTime: Bool) -> Double? {
        switch (unit, inTime) {
        case ("W", false): 604_800
        case ("D", false): 86_400
        case ("H", true): 3_600
        case ("M", true): 60
        case ("S", true): 1
        default: nil
        }
    }
}
