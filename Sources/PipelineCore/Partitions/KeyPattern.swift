/// A format of target keys that is read back by the places of its parts: `%Y-%m-%d (W%V)`, `%Y-Q{quarter}`.
/// Source: Airflow 3.3 `partition_mappers/temporal.py` (`_compile_output_format_regex`).
struct KeyPattern: Sendable, Hashable {
    private enum Element: Sendable, Hashable {
        case literal(Unicode.Scalar)
        /// So many digits.
        case digits(name: String, count: Int)
        /// A quarter: one of 1 to 4.
        case quarter
        /// Letters, digits and underscores, as many as possible.
        case word(name: String)

        var name: String? {
            switch self {
            case .literal: nil
            case .digits(let name, _), .word(let name): name
            case .quarter: "quarter"
            }
        }
    }

    private static let widths: [Unicode.Scalar: Int] = [
        "Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2, "V": 2, "U": 2, "W": 2,
    ]

    private let elements: [Element]

    /// - Throws: ``PartitionError`` for a placeholder that is no name, for a part that stands twice, and for two
    ///   placeholders side by side.
    init(_ format: String) throws(PartitionError) {
        var elements: [Element] = []
        var rest = Array(format.unicodeScalars)[...]
        while let element = try Self.next(&rest, format) {
            if let name = element.name, elements.contains(where: { $0.name == name }) {
                throw PartitionError("the output_format '\(format)' has '\(name)' twice")
            }
            if case .word = element, case .word? = elements.last {
                throw PartitionError("the output_format '\(format)' has placeholders side by side; put something between")
            }
            elements.append(element)
        }
        self.elements = elements
    }

    private static func next(
        _ rest: inout ArraySlice<Unicode.Scalar>, _ format: String
    ) throws(PartitionError) -> Element? {
        guard let scalar = rest.popFirst() else { return nil }
        if scalar == "%", let mark = rest.first, let width = widths[mark] {
            rest.removeFirst()
            return .digits(name: String(Character(mark)), count: width)
        }
        guard scalar == "{", let end = rest.firstIndex(of: "}") else { return .literal(scalar) }
        let name = String(String.UnicodeScalarView(rest[..<end]))
        rest = rest[(end + 1)...]
        guard isIdentifier(name) else {
            throw PartitionError("the output_format '\(format)' has the placeholder {\(name)}, which is no name")
        }
        return name == "quarter" ? .quarter : .word(name: name)
    }

    private static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first == "_" || first.properties.isXIDStart else { return false }
        return text.unicodeScalars.allSatisfy { $0 == "_" || $0.properties.isXIDContinue }
    }

    /// The parts by name; `nil` where the key has another form.
    func parts(of key: String) -> [String: String]? {
        var parts: [String: String] = [:]
        let scalars = Array(key.unicodeScalars)
        return match(scalars, 0, 0, &parts) ? parts : nil
    }

    private func match(
        _ key: [Unicode.Scalar], _ place: Int, _ index: Int, _ parts: inout [String: String]
    ) -> Bool {
        guard index < elements.count else { return place == key.count || (place == key.count - 1 && key[place] == "\n") }
        for length in lengths(elements[index], key[place...]) where match(key, place + length, index + 1, &parts) {
            if let name = elements[index].name {
                parts[name] = String(String.UnicodeScalarView(key[place..<place + length]))
            }
            return true
        }
        return false
    }

    private func lengths(_ element: Element, _ rest: ArraySlice<Unicode.Scalar>) -> [Int] {
        switch element {
        case .literal(let scalar): return rest.first == scalar ? [1] : []
        case .digits(_, let count):
            let digits = rest.prefix(count)
            return digits.count == count && digits.allSatisfy { ("0"..."9").contains($0) } ? [count] : []
        case .quarter: return rest.first.map { ("1"..."4").contains($0) } == true ? [1] : []
        case .word:
            let count = rest.prefix { $0 == "_" || $0.properties.isAlphabetic || $0.properties.numericType != nil }.count
            return stride(from: count, to: 0, by: -1).map { $0 }
        }
    }

    /// Python's `str.format` with names only.
    static func filled(_ text: String, _ values: [String: String]) throws(PartitionError) -> String {
        var result = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "{" where rest.first == "{", "}" where rest.first == "}":
                rest.removeFirst()
                result.append(character)
            case "{":
                guard let end = rest.firstIndex(of: "}"), let value = values[String(rest[..<end])] else {
                    throw PartitionError("the format '\(text)' has a placeholder that stands for nothing")
                }
                result += value
                rest = rest[rest.index(after: end)...]
            case "}": throw PartitionError("Single '}' encountered in format string '\(text)'")
            default: result.append(character)
            }
        }
        return result
    }
}
