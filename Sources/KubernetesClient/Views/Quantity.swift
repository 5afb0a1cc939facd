/// An amount as Kubernetes writes it: `250m`, `1.5Gi`, `2e3`, `8`. Exact, to the billionth that Kubernetes itself
/// keeps; what is finer is rounded up, as there (apimachinery, `resource.Quantity`).
package struct Quantity: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The amount times 10^9.
    package private(set) var nanos: Int128

    private static let scale: Int128 = 1_000_000_000
    /// Kubernetes caps amounts at 2^63 - 1.
    private static let limit = Int128(Int64.max) * scale
    private static let binaryUnits = ["Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60]
    private static let decimalUnits = [
        "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18,
    ]

    package static let zero = Quantity(nanos: 0)

    private init(nanos: Int128) { self.nanos = min(max(nanos, -Self.limit), Self.limit) }

    package init(_ whole: Int) { self.init(nanos: Int128(whole) * Self.scale) }

    package init(milli: Int) { self.init(nanos: Int128(milli) * (Self.scale / 1_000)) }

    /// Reads an amount; `nil` for anything else.
    package init?(_ text: String) {
        let body = text.drop { $0 == "+" || $0 == "-" }
        guard text.utf8.count - body.utf8.count <= 1 else { return nil }
        let whole = body.prefix { $0.isASCII && $0.isNumber }
        var rest = body[whole.endIndex...]
        var fraction: Substring = ""
        if rest.first == "." {
            fraction = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
            rest = rest[fraction.endIndex...]
        }
        guard !whole.isEmpty || !fraction.isEmpty, let (two, ten) = Self.exponents(rest) else { return nil }
        let magnitude = Self.scaled(digits: whole + fraction, two: two, ten: ten - fraction.count + 9)
        // Rounding is away from zero.
        self.init(nanos: text.hasPrefix("-") ? -magnitude : magnitude)
    }

    private static func exponents(_ suffix: Substring) -> (two: Int, ten: Int)? {
        if let two = binaryUnits[String(suffix)] { return (two, 0) }
        if let ten = decimalUnits[String(suffix)] { return (0, ten) }
        guard suffix.first == "e" || suffix.first == "E", let ten = Int(suffix.dropFirst()), abs(ten) <= 1_000 else {
            return nil
        }
        return (0, ten)
    }

    /// `digits` * 2^two * 10^ten, rounded up, at most the limit.
    private static func scaled(digits: Substring, two: Int, ten: Int) -> Int128 {
        var value: Int128 = 0
        var lost = 0
        var isInexact = false
        // Leading zeros are free; digits beyond what fits are counted only.
        for digit in digits.drop(while: { $0 == "0" }) {
            guard value <= limit / 10 / (1 << 20), lost == 0 else {
                lost += 1
                isInexact = isInexact || digit != "0"
                continue
            }
            value = value * 10 + Int128(digit.wholeNumberValue ?? 0)
        }
        var power = ten + lost
        for _ in 0..<two {
            if value > limit {
                // 2 = 10 / 5
                isInexact = isInexact || value % 5 != 0
                (value, power) = (value / 5, power + 1)
            } else {
                value *= 2
            }
        }
        while power > 0, value > 0 {
            guard value <= limit else { return limit }
            (value, power) = (value * 10, power - 1)
        }
        while power < 0, value > 0 {
            isInexact = isInexact || value % 10 != 0
            (value, power) = (value / 10, power + 1)
        }
        return min(limit, value + (isInexact ? 1 : 0))
    }

    package static func + (left: Quantity, right: Quantity) -> Quantity { Quantity(nanos: left.nanos + right.nanos) }
    package static func - (left: Quantity, right: Quantity) -> Quantity { Quantity(nanos: left.nanos - right.nanos) }
    package static func < (left: Quantity, right: Quantity) -> Bool { left.nanos < right.nanos }

    /// The amount in whole units, rounded up: bytes, devices.
    package var roundedUp: Int { Self.dividedUp(nanos, Self.scale) }
    /// The amount in thousandths, rounded up: millicores.
    package var milliRoundedUp: Int { Self.dividedUp(nanos, Self.scale / 1_000) }

    private static func dividedUp(_ value: Int128, _ divisor: Int128) -> Int {
        let quotient = value / divisor + (value > 0 && value % divisor != 0 ? 1 : 0)
        return Int(clamping: quotient)
    }

    /// A form that Kubernetes reads as the same amount.
    package var description: String {
        if nanos % Self.scale == 0 { return "\(nanos / Self.scale)" }
        if nanos % (Self.scale / 1_000) == 0 { return "\(nanos / (Self.scale / 1_000))m" }
        return "\(nanos)n"
    }
}
