/// One field of a cron expression: which values it allows.
package struct CronField: Sendable, Hashable {
    /// Bit n stands for the value n.
    package var values: UInt64
    /// Written as `*` (or a step or range that covers everything): no restriction.
    package var isUnrestricted: Bool

    package init(values: UInt64, isUnrestricted: Bool) {
        self.values = values
        self.isUnrestricted = isUnrestricted
    }

    package func contains(_ value: Int) -> Bool { values & (1 << UInt64(value)) != 0 }

    /// The smallest allowed value that is at least `value`.
    func next(from value: Int) -> Int? {
        guard value < 64 else { return nil }
        let rest = values >> UInt64(value)
        return rest == 0 ? nil : value + rest.trailingZeroBitCount
    }

    /// The largest allowed value that is at most `value`.
    func previous(from value: Int) -> Int? {
        guard value >= 0 else { return nil }
        let rest = values << UInt64(63 - value)
        return rest == 0 ? nil : value - rest.leadingZeroBitCount
    }
}

/// What a cron field may hold.
struct CronFieldRule {
    let name: String
    let range: ClosedRange<Int>
    var names: [String: Int] = [:]
    /// Highest value that may be written, where that is more than may be meant (Sunday as 7).
    var highestWritten: Int?

    static let minute = CronFieldRule(name: "minute", range: 0...59)
    static let hour = CronFieldRule(name: "hour", range: 0...23)
    static let dayOfMonth = CronFieldRule(name: "day of month", range: 1...31)
    static let month = CronFieldRule(
        name: "month", range: 1...12, names: numbered("jan feb mar apr may jun jul aug sep oct nov dec", from: 1))
    static let dayOfWeek = CronFieldRule(
        name: "day of week", range: 0...6, names: numbered("sun mon tue wed thu fri sat", from: 0), highestWritten: 7)
    static let second = CronFieldRule(name: "second", range: 0...59)

    private static func numbered(_ words: String, from first: Int) -> [String: Int] {
        let pairs = words.split(separator: " ").enumerated().map { (String($1), $0 + first) }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    /// Reads a list of `*`, values, ranges and steps.
    func parse(_ text: String) throws(CronError) -> CronField {
        var values: UInt64 = 0
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            for value in try items(String(part)) { values |= 1 << UInt64(value) }
        }
        let all = range.reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
        return CronField(values: values, isUnrestricted: values == all)
    }

    private func items(_ part: String) throws(CronError) -> [Int] {
        let pieces = part.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard pieces.count <= 2, !pieces[0].isEmpty else { throw failure(part) }
        var step = 1
        if pieces.count == 2 {
            guard let value = Int(pieces[1]), value > 0 else { throw failure(part) }
            step = value
        }
        let (low, high) = try bounds(pieces[0], hasStep: pieces.count == 2, part)
        if low <= high { return stride(from: low, through: high, by: step).map(normalized) }
        // A range that wraps around, such as 22-2 or fri-mon.
        let span = range.upperBound - range.lowerBound + 1
        return stride(from: low, through: high + span, by: step).map {
            normalized($0 > range.upperBound ? $0 - span : $0)
        }
    }

    private func bounds(_ text: String, hasStep: Bool, _ part: String) throws(CronError) -> (Int, Int) {
        if text == "*" || text == "?" { return (range.lowerBound, range.upperBound) }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard let low = value(ends[0]) else { throw failure(part) }
        if ends.count == 1 { return (low, hasStep ? range.upperBound : low) }
        guard ends.count == 2, let high = value(ends[1]) else { throw failure(part) }
        return (low, high)
    }

    private func value(_ text: String) -> Int? {
        if let named = names[text] { return named }
        guard let number = Int(text), (range.lowerBound...(highestWritten ?? range.upperBound)).contains(number)
        else { return nil }
        return number
    }

    private func normalized(_ value: Int) -> Int { value == highestWritten ? range.lowerBound : value }

    private func failure(_ part: String) -> CronError {
        CronError(message: "'\(part)' is no \(name) (\(range.lowerBound)-\(range.upperBound), lists, ranges, steps)")
    }
}

/// Why a text is no cron expression.
package struct CronError: Error, Hashable, CustomStringConvertible {
    package var message: String

    package var description: String { message }
}
