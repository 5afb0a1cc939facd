package import PipelineCore

/// A parameter of a stage as its author declares it.
package struct StageParameter: Sendable, Hashable {
    /// The values that a parameter takes.
    package enum Kind: Sendable, Hashable {
        case text
        case integer(ClosedRange<Int>)
        case number(ClosedRange<Double>)
        case flag
        case choice([String])
    }

    /// A fixed name, or for a family a prefix that is followed by any word: `min_<metric>`.
    package var name: String
    package var kind: Kind
    /// `nil` for a parameter that must be given; `.null` for one that may be left out.
    package var defaultValue: JSONValue?
    package var help: String
    /// What follows the prefix `name`, in words, when this declares a family of parameters.
    package var familyWord: String?

    private init(_ name: String, _ kind: Kind, _ defaultValue: JSONValue?, _ help: String, familyWord: String? = nil) {
        self.name = name
        self.kind = kind
        self.defaultValue = defaultValue
        self.help = help
        self.familyWord = familyWord
    }

    package static func text(_ name: String, default value: JSONValue?, help: String) -> StageParameter {
        StageParameter(name, .text, value, help)
    }

    package static func integer(
        _ name: String, in range: ClosedRange<Int>, default value: JSONValue?, help: String
    ) -> StageParameter {
        StageParameter(name, .integer(range), value, help)
    }

    package static func number(
        _ name: String, in range: ClosedRange<Double>, default value: JSONValue?, help: String
    ) -> StageParameter {
        StageParameter(name, .number(range), value, help)
    }

    package static func flag(_ name: String, default value: Bool, help: String) -> StageParameter {
        StageParameter(name, .flag, .bool(value), help)
    }

    package static func choice(
        _ name: String, of choices: [String], default value: JSONValue?, help: String
    ) -> StageParameter {
        StageParameter(name, .choice(choices), value, help)
    }

    /// A family of optional numbers `prefix` + word, such as `min_val_accuracy`.
    package static func numbers(
        prefix: String, word: String, in range: ClosedRange<Double>, help: String
    ) -> StageParameter {
        StageParameter(prefix, .number(range), .null, help, familyWord: word)
    }
}

extension StageParameter {
    /// The name as help shows it.
    package var displayName: String { familyWord.map { "\(name)<\($0)>" } ?? name }

    package var isRequired: Bool { defaultValue == nil }

    /// Whether this declaration is meant by `givenName`.
    func declares(_ givenName: String) -> Bool {
        familyWord == nil ? givenName == name : givenName.count > name.count && givenName.hasPrefix(name)
    }

    /// The allowed values in words.
    package var allowed: String {
        switch kind {
        case .text: "text"
        case .integer(let range): Self.words(range, type: "an integer", most: Int.max)
        case .number(let range): Self.words(range, type: "a number", most: .greatestFiniteMagnitude)
        case .flag: "true or false"
        case .choice(let choices): "one of " + choices.joined(separator: ", ")
        }
    }

    private static func words<Bound: Numeric & Comparable>(
        _ range: ClosedRange<Bound>, type: String, most: Bound
    ) -> String {
        switch (range.lowerBound <= 0 - most, range.upperBound >= most) {
        case (true, true): type
        case (true, false): "\(type) of at most \(range.upperBound)"
        case (false, true): "\(type) of at least \(range.lowerBound)"
        case (false, false): "\(type) from \(range.lowerBound) to \(range.upperBound)"
        }
    }
}
