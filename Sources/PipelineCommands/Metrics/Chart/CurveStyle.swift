/// How a curve is told from the others of its panel: the colour is that of its run, or of itself where there is one
/// run only, and dashes tell metrics of one run apart.
struct CurveStyle: Sendable, Hashable {
    /// Lengths of line and gap by turns, in pixels; the first is a whole line.
    private static let patterns: [[Double]] = [[], [9, 4], [2, 4], [9, 4, 2, 4], [16, 5], [4, 2, 4, 8]]

    let color: ChartColor
    /// Empty for a whole line.
    let dashes: [Double]

    /// Of the curve of metric `metric` and run `run`, as numbers of their lists, with so many metrics in the panel.
    private init(run: Int, metric: Int, metrics: Int) {
        color = .curve(run)
        dashes = Self.patterns[(metric + metrics * (run / ChartColor.curves)) % Self.patterns.count]
    }

    private init(number: Int) {
        color = .curve(number)
        dashes = Self.patterns[number / ChartColor.curves % Self.patterns.count]
    }

    /// Of each curve of `panel`. A run has one colour in all panels of a chart.
    static func all(of panel: Chart.Panel, runs: [String]) -> [CurveStyle] {
        guard runs.count > 1 else { return panel.curves.indices.map { CurveStyle(number: $0) } }
        let metrics = panel.curves.map(\.metric).uniqued
        return panel.curves.map { curve in
            CurveStyle(
                run: curve.run.flatMap { runs.firstIndex(of: $0) } ?? 0,
                metric: metrics.firstIndex(of: curve.metric) ?? 0,
                metrics: metrics.count)
        }
    }
}

extension [String] {
    /// Each once, in the order of their first places.
    var uniqued: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
