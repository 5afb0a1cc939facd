/// One attempt to match a text with the elements of a format: the first way that a regular expression would find, which
/// need not reach the end of the text.
struct DateMatch {
    let text: [Unicode.Scalar]
    private let elements: [DatePattern.Element]
    private(set) var captures: [Unicode.Scalar: String] = [:]

    init(_ text: [Unicode.Scalar], _ elements: [DatePattern.Element]) {
        self.text = text
        self.elements = elements
    }

    /// Where the match ends; `nil` where there is none.
    mutating func run() -> Int? { run(0, 0) }

    private mutating func run(_ index: Int, _ place: Int) -> Int? {
        guard index < elements.count else { return place }
        switch elements[index] {
        case .literal(let scalar):
            guard place < text.count, DatePattern.lower(text[place]) == scalar else { return nil }
            return run(index + 1, place + 1)
        case .blanks:
            let count = text[place...].prefix { $0.properties.isWhitespace }.count
            for length in stride(from: count, to: 0, by: -1) {
                if let end = run(index + 1, place + length) { return end }
            }
            return nil
        case .directive(let mark):
            for length in lengths(mark, place) {
                guard let end = run(index + 1, place + length) else { continue }
                captures[mark] = String(String.UnicodeScalarView(text[place..<place + length]))
                return end
            }
            return nil
        }
    }

    /// How much of the text the directive may take, in the order of the tries.
    private func lengths(_ mark: Unicode.Scalar, _ place: Int) -> [Int] {
        if let alternatives = DatePattern.numbers[mark] {
            return alternatives.filter { matches($0, place) }.map(\.count)
        }
        if let names = DatePattern.names[mark] {
            return names.filter { matches($0, place) }.map(\.unicodeScalars.count)
        }
        return offsetLengths(place)
    }

    private func matches(_ ranges: [ClosedRange<Unicode.Scalar>], _ place: Int) -> Bool {
        place + ranges.count <= text.count
            && ranges.indices.allSatisfy { ranges[$0].contains(text[place + $0]) }
    }

    private func matches(_ name: String, _ place: Int) -> Bool {
        let scalars = Array(name.unicodeScalars)
        return place + scalars.count <= text.count
            && scalars.indices.allSatisfy { DatePattern.lower(text[place + $0]) == scalars[$0] }
    }

    /// `+HH:MM`, with or without colons, with seconds and their parts; or `Z`.
    private func offsetLengths(_ place: Int) -> [Int] {
        guard place < text.count else { return [] }
        if text[place] == "Z" { return [1] }
        guard text[place] == "+" || text[place] == "-", digits(place + 1, 2) else { return [] }
        guard let minutes = sixty(place + 3) else { return [] }
        var lengths = [minutes - place]
        if let seconds = sixty(minutes) {
            lengths.insert(seconds - place, at: 0)
            let fraction = seconds < text.count && text[seconds] == "." ? text[(seconds + 1)...].prefix(while: isDigit) : []
            for count in 1...6 where count <= fraction.count { lengths.insert(seconds + 1 + count - place, at: 0) }
        }
        return lengths
    }

    /// The end of `:?[0-5]\d` at this place.
    private func sixty(_ place: Int) -> Int? {
        let start = place < text.count && text[place] == ":" ? place + 1 : place
        guard digits(start, 2), text[start] <= "5" else { return nil }
        return start + 2
    }

    private func digits(_ place: Int, _ count: Int) -> Bool {
        place + count <= text.count && text[place..<place + count].allSatisfy(isDigit)
    }

    private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
}
