import Glibc

/// Numbers for people: six significant digits, no zeros at the end.
enum ShortNumber {
    private static let digits = 6

    static func text(_ number: Double) -> String {
        guard number.isFinite, number != 0 else { return number == 0 ? "0" : "\(number)" }
        let exponent = Int(floor(log10(number.magnitude)))
        guard (-5..<15).contains(exponent) else {
            // The power is a factor of its own, so that both parts stay in range.
            let mantissa = number / pow(10, Double(exponent))
            return "\(text(mantissa))e\(exponent < 0 ? "-" : "+")\(abs(exponent))"
        }
        let places = digits - 1 - exponent
        // Powers of ten up to 10^22 are exact, so that the result is the nearest number of so many digits.
        let rounded =
            places >= 0
            ? (number * pow(10, Double(places))).rounded() / pow(10, Double(places))
            : (number / pow(10, Double(-places))).rounded() * pow(10, Double(-places))
        let text = "\(rounded)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
