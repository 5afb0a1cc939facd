import Glibc

/// Decimal notation with a fixed number of digits after the point, for tables and bars (C's `%.*f` is variadic).
enum FixedPoint {
    private static let powers: [Double] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]

    /// `digits` is 0...6. Numbers that are not finite, or too large for the notation, appear as Swift writes them;
    /// small ones that would lose all digits keep as many of their own (`5.01e-08`).
    static func text(_ number: Double, digits: Int) -> String {
        let scale = powers[digits]
        let scaled = (number.magnitude * scale).rounded()
        guard !number.isNaN else { return "nan" }
        guard number.isFinite, scaled < 9e15 else { return number.description }
        guard scaled > 0 || number == 0 else { return small(number, digits: digits) }
        let whole = Int(scaled)
        let sign = number < 0 ? "-" : ""
        guard digits > 0 else { return sign + String(whole) }
        let fraction = String(whole % Int(scale))
        let zeros = String(repeating: "0", count: digits - fraction.count)
        return "\(sign)\(whole / Int(scale)).\(zeros)\(fraction)"
    }

    /// The nearest number with so many digits after the first one.
    private static func small(_ number: Double, digits: Int) -> String {
        let exponent = floor(log10(number.magnitude))
        // 10^-exponent may be more than there are numbers for; what is that small is shown as it is.
        guard exponent > -300 else { return number.description }
        let places = pow(10, Double(digits) - exponent)
        return ((number * places).rounded() / places).description
    }
}
