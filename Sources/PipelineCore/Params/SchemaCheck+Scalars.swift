import Glibc

extension SchemaCheck {
    /// `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `multipleOf`.
    func number(_ value: JSONValue, _ word: String, _ argument: JSONValue) -> Violation? {
        let words = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]
        guard words.contains(word) else { return nil }
        guard argument.isNumber else { return badArgument(word, argument) }
        let order = value.compare(toNumber: argument)
        let text = "\(value.pythonText) is"
        switch word {
        case "minimum" where order < 0:
            return Violation(word, "\(text) less than the minimum of \(argument.pythonText)")
        case "maximum" where order > 0:
            return Violation(word, "\(text) greater than the maximum of \(argument.pythonText)")
        case "exclusiveMinimum" where order <= 0:
            return Violation(word, "\(text) less than or equal to the minimum of \(argument.pythonText)")
        case "exclusiveMaximum" where order >= 0:
            return Violation(word, "\(text) greater than or equal to the maximum of \(argument.pythonText)")
        case "multipleOf" where !value.isMultiple(of: argument):
            return Violation(word, "\(text) not a multiple of \(argument.pythonText)")
        default: return nil
        }
    }

    /// `minLength`, `maxLength` (in code points), `pattern` (found anywhere), `format`.
    func string(_ text: String, _ word: String, _ argument: JSONValue) -> Violation? {
        let value = JSONValue.string(text)
        switch word {
        case "minLength", "maxLength":
            guard let limit = argument.intValue else { return badArgument(word, argument) }
            let count = text.unicodeScalars.count
            if word == "minLength", count < limit {
                let problem = count == 0 && limit == 1 ? "should be non-empty" : "is too short"
                return Violation(word, "\(value.pythonText) \(problem)")
            }
            return word == "maxLength" && count > limit ? Violation(word, "\(value.pythonText) is too long") : nil
        case "pattern": return pattern(text, argument)
        case "format":
            guard let format = argument.stringValue else { return badArgument(word, argument) }
            return StringFormat.accepts(text, format: format)
                ? nil : Violation(word, "\(value.pythonText) is not a \(argument.pythonText)")
        default: return nil
        }
    }

    private func pattern(_ text: String, _ argument: JSONValue) -> Violation? {
        guard let pattern = argument.stringValue, let expression = SchemaPattern(pattern) else {
            return badArgument("pattern", argument)
        }
        let quoted = JSONValue.string(text).pythonText
        return expression.isFound(in: text)
            ? nil : Violation("pattern", "\(quoted) does not match \(argument.pythonText)")
    }
}

/// A regular expression of a schema. Swift's own engine reads it, by code points as Python's does.
struct SchemaPattern {
    private let expression: Regex<AnyRegexOutput>

    /// `nil` where the pattern is not a regular expression.
    init?(_ pattern: String) {
        guard let expression = try? Regex(pattern) else { return nil }
        self.expression = expression.matchingSemantics(.unicodeScalar)
    }

    func isFound(in text: String) -> Bool { (try? expression.firstMatch(in: text)) != nil }
}

extension JSONValue {
    var isNumber: Bool {
        switch self {
        case .int, .double: true
        default: false
        }
    }

    /// Negative, zero or positive as this number is less than, equal to or greater than the other.
    func compare(toNumber other: JSONValue) -> Int {
        if case .int(let left) = self, case .int(let right) = other {
            return (left > right ? 1 : 0) - (left < right ? 1 : 0)
        }
        let (left, right) = (doubleValue ?? .nan, other.doubleValue ?? .nan)
        return (left > right ? 1 : 0) - (left < right ? 1 : 0)
    }

    /// A whole quotient; as in Python's `jsonschema`, `0.3` is no multiple of `0.1`.
    func isMultiple(of divisor: JSONValue) -> Bool {
        if case .int(let value) = self, case .int(let step) = divisor { return step != 0 && value.isMultiple(of: step) }
        guard let value = doubleValue, let step = divisor.doubleValue, step != 0 else { return false }
        if case .int = divisor { return fmod(value, step) == 0 }
        let quotient = value / step
        return quotient.isFinite && quotient == quotient.rounded(.towardZero)
    }

    /// `nil` for a name that is no type.
    func isOfSchemaType(_ name: String) -> Bool? {
        switch name {
        case "null": isNull
        case "boolean": boolValue != nil
        case "integer":
            switch self {
            case .int: true
            case .double(let number): number.isFinite && number == number.rounded()
            default: false
            }
        case "number": isNumber
        case "string": stringValue != nil
        case "array": arrayValue != nil
        case "object": objectValue != nil
        default: nil
        }
    }

    /// Equality of `enum`, `const` and `uniqueItems`: numbers by value, and `true` is not `1`.
    func equalsInSchema(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.equalsInSchema($1) }
        case (.object(let left), .object(let right)):
            left.count == right.count && left.allSatisfy { right[$0.key]?.equalsInSchema($0.value) ?? false }
        case (.int, .double), (.double, .int): compare(toNumber: other) == 0
        default: self == other
        }
    }
}
