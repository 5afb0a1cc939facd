/// The nearest known name to a mistyped one.
enum Suggestion {
    /// The candidate with the smallest edit distance, if it is small beside the length of the name.
    static func nearest(to name: String, among candidates: some Collection<String>) -> String? {
        let scored = candidates.map { (distance(name, $0), $0) }
        guard let best = scored.min(by: { $0 < $1 }), best.0 <= max(2, name.count / 3) else { return nil }
        return best.1
    }

    /// Edits (insert, delete, replace, swap of neighbours) that turn one text into the other.
    static func distance(_ left: String, _ right: String) -> Int {
        let a = Array(left), b = Array(right)
        var rows = [Array(0...b.count)]
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
