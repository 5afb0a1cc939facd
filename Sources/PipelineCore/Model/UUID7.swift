/// A UUID of version 7 (RFC 9562, 5.7): a millisecond clock and 74 random bits, so that ids sort by birth.
package struct UUID7: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package init(at instant: Timestamp, using generator: inout some RandomNumberGenerator) {
        let milliseconds = UInt64(bitPattern: instant.microseconds / 1_000)
        high = milliseconds << 16 | 0x7000 | UInt64.random(in: 0..<0x1000, using: &generator)
        low = 0x8000_0000_0000_0000 | UInt64.random(in: 0..<0x4000_0000_0000_0000, using: &generator)
    }

    /// Reads the canonical 36-character form (any UUID version); `nil` for other text.
    package init?(_ text: some StringProtocol) {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        guard groups.map({ $0.utf8.count }) == [8, 4, 4, 4, 12],
            let high = UInt64(groups[0...2].joined(), radix: 16), let low = UInt64(groups[3...4].joined(), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    package var description: String {
        let digits = Self.hex(high) + Self.hex(low)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    package static func < (left: UUID7, right: UUID7) -> Bool { (left.high, left.low) < (right.high, right.low) }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
