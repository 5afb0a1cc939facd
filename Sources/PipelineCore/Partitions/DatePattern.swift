/// What the directives of `strptime` match, in the order in which a regular expression tries it.
enum DatePattern {
    enum Element: Sendable, Hashable {
        /// Lower case: letters match in either case.
        case literal(Unicode.Scalar)
        /// One blank or more.
        case blanks
        case directive(Unicode.Scalar)
    }

    /// Alternatives of a directive, each a sequence of ranges of scalars.
    typealias Alternatives = [[ClosedRange<Unicode.Scalar>]]

    static func elements(of format: String) throws(PartitionError) -> [Element] {
        var elements: [Element] = []
        var seen: Set<Unicode.Scalar> = []
        var rest = Array(format.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            if scalar.properties.isWhitespace {
                if elements.last != .blanks { elements.append(.blanks) }
            } else if scalar == "%" {
                guard let mark = rest.popFirst() else { throw PartitionError("stray %% in format '\(format)'") }
                try append(mark, of: format, to: &elements, &seen)
            } else {
                elements.append(.literal(lower(scalar)))
            }
        }
        return elements
    }

    private static func append(
        _ mark: Unicode.Scalar, of format: String, to elements: inout [Element], _ seen: inout Set<Unicode.Scalar>
    ) throws(PartitionError) {
        if mark == "%" { return elements.append(.literal("%")) }
        if let whole = composed[mark] {
            for element in try Self.elements(of: whole) {
                if case .directive(let inner) = element, !seen.insert(inner).inserted { throw twice(inner, format) }
                elements.append(element)
            }
            return
        }
        guard numbers[mark] != nil || names[mark] != nil || mark == "z" else {
            throw PartitionError("'\(mark)' is a bad directive in format '\(format)'")
        }
        guard seen.insert(mark).inserted else { throw twice(mark, format) }
        elements.append(.directive(mark))
    }

    private static func twice(_ mark: Unicode.Scalar, _ format: String) -> PartitionError {
        PartitionError("the directive '%\(mark)' stands twice in the format '\(format)'")
    }

    static func lower(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
    }

    private static let composed: [Unicode.Scalar: String] = [
        "c": "%a %b %d %H:%M:%S %Y", "x": "%m/%d/%y", "X": "%H:%M:%S",
    ]

    static let numbers: [Unicode.Scalar: Alternatives] = [
        "d": parse("3[0-1]|[1-2]#|0[1-9]|[1-9]| [1-9]"), "H": parse("2[0-3]|[0-1]#|#"), "I": parse("1[0-2]|0[1-9]|[1-9]"),
        "f": parse("######|#####|####|###|##|#"), "M": parse("[0-5]#|#"), "m": parse("1[0-2]|0[1-9]|[1-9]"),
        "j": parse("36[0-6]|3[0-5]#|[1-2]##|0[1-9]#|00[1-9]|[1-9]#|0[1-9]|[1-9]"), "S": parse("6[0-1]|[0-5]#|#"),
        "U": parse("5[0-3]|[0-4]#|#"), "W": parse("5[0-3]|[0-4]#|#"), "w": parse("[0-6]"), "u": parse("[1-7]"),
        "V": parse("5[0-3]|0[1-9]|[1-4]#|#"), "y": parse("##"), "Y": parse("####"), "G": parse("####"),
    ]

    /// Lower case, the longest first.
    static let names: [Unicode.Scalar: [String]] = [
        "A": sorted(DatePrinter.weekdays), "a": sorted(DatePrinter.weekdays.map { String($0.prefix(3)) }),
        "B": sorted(DatePrinter.months), "b": sorted(DatePrinter.months.map { String($0.prefix(3)) }),
        "p": ["am", "pm"], "Z": ["utc", "gmt"],
    ]

    private static func sorted(_ names: [String]) -> [String] {
        names.map { $0.lowercased() }.sorted { $0.count > $1.count }
    }

    /// `#` is a digit, `[a-b]` a range, anything else itself.
    private static func parse(_ text: String) -> Alternatives {
        text.split(separator: "|").map { alternative in
            var ranges: [ClosedRange<Unicode.Scalar>] = []
            var rest = Array(alternative.unicodeScalars)[...]
            while let scalar = rest.popFirst() {
                switch scalar {
                case "#": ranges.append("0"..."9")
                case "[":
                    ranges.append(rest[rest.startIndex]...rest[rest.startIndex + 2])
                    rest.removeFirst(4)
                default: ranges.append(scalar...scalar)
                }
            }
            return ranges
        }
    }
}
