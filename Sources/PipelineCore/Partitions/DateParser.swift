/// Reads a date as Python's `datetime.strptime` does in the C locale. Source: CPython `Lib/_strptime.py`.
struct DateParser: Sendable, Hashable {
    let format: String
    private let elements: [DatePattern.Element]

    /// - Throws: ``PartitionError`` for a format with a directive that `strptime` does not know, or with one twice.
    init(_ format: String) throws(PartitionError) {
        self.format = format
        elements = try DatePattern.elements(of: format)
    }

    /// - Throws: ``PartitionError`` where the text does not match, or says an impossible date.
    func date(_ text: String) throws(PartitionError) -> WallTime {
        var match = DateMatch(Array(text.unicodeScalars), elements)
        guard let end = match.run() else {
            throw PartitionError("time data '\(text)' does not match format '\(format)'")
        }
        guard end == match.text.count else {
            let rest = String(String.UnicodeScalarView(match.text[end...]))
            throw PartitionError("unconverted data remains: \(rest)")
        }
        return try DateParts(match.captures).time()
    }
}
