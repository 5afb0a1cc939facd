/// Finds what somebody probably meant.
package enum NearestName {
    /// `; did you mean 'x'?`, or nothing when no candidate is near.
    package static func hint(for name: String, among candidates: [String]) -> String {
        nearest(to: name, among: candidates).map { "; did you mean '\($0)'?" } ?? ""
    }

    /// The candidate with the fewest edits, when that is at most a third of its length (but one edit at least).
    package static func nearest(to name: String, among candidates: [String]) -> String? {
        let name = name.lowercased()
        let best = candidates.map { ($0, distance(name, $0.lowercased())) }.min { $0.1 < $1.1 }
        guard let (candidate, edits) = best, edits <= max(1, candidate.count / 3) else { return nil }
        return candidate
    }

    /// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment distance).
    static func distance(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left), Array(right))
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var edits = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { edits = min(edits, beforeLast[j - 1] + 1) }
                row.append(edits)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
