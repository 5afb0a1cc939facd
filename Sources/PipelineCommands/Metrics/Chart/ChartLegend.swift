/// Where the names of a panel's curves stand: side by side, in as many rows as they need.
struct ChartLegend: Sendable {
    /// Of the sample of the line, and of the gap behind a name.
    static let (sample, gap) = (24.0, 24.0)
    /// Width of a letter, about; the widest of the canvases counts.
    static let letterWidth = 8.0

    struct Entry: Sendable, Hashable {
        let name: String
        /// From the legend's left end.
        let x: Double
        let row: Int
    }

    let entries: [Entry]

    var rows: Int { (entries.last?.row ?? 0) + 1 }

    /// - Parameter width: what a row has; longer names are cut in their middle.
    init(_ names: [String], width: Double) {
        let letters = Int((width - Self.sample) / Self.letterWidth)
        var (x, row) = (0.0, 0)
        entries = names.map { name in
            let name = Self.cut(name, to: letters)
            let needed = Self.sample + Double(name.count) * Self.letterWidth
            if x > 0, x + needed > width { (x, row) = (0, row + 1) }
            defer { x += needed + Self.gap }
            return Entry(name: name, x: x, row: row)
        }
    }

    /// The beginning says which metric it is, the end which run.
    private static func cut(_ name: String, to letters: Int) -> String {
        guard name.count > letters else { return name }
        let half = (letters - 3) / 2
        return name.prefix(letters - 3 - half) + "..." + name.suffix(half)
    }
}
