/// Cuts a path into the pieces that dashes leave, so that every canvas draws the same.
enum DashedPath {
    /// - Parameter dashes: lengths of line and gap by turns, all positive, an even number of them; empty: the whole path.
    static func pieces(of path: [Chart.Point], _ dashes: [Double]) -> [(start: Chart.Point, end: Chart.Point)] {
        let segments = zip(path, path.dropFirst())
        guard !dashes.isEmpty else { return segments.map { ($0, $1) } }
        var pieces: [(start: Chart.Point, end: Chart.Point)] = []
        var (dash, rest) = (0, dashes[0])
        for (start, end) in segments {
            let (dx, dy) = (end.x - start.x, end.y - start.y)
            let length = (dx * dx + dy * dy).squareRoot()
            var done = 0.0
            while done < length {
                let next = min(done + rest, length)
                if dash.isMultiple(of: 2) { pieces.append((point(done / length), point(next / length))) }
                rest -= next - done
                done = next
                if rest <= 1e-9 { (dash, rest) = ((dash + 1) % dashes.count, dashes[(dash + 1) % dashes.count]) }
            }
            func point(_ share: Double) -> Chart.Point { Chart.Point(x: start.x + share * dx, y: start.y + share * dy) }
        }
        return pieces
    }
}
