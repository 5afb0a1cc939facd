import PipelineCore

/// Curves in panels, as values: what is drawn, without saying how.
struct Chart: Sendable {
    let title: String
    /// One above the other.
    let panels: [Panel]
    /// The runs that are compared, in their order; empty where there is one.
    let runs: [String]

    /// Curves over a common pair of axes.
    struct Panel: Sendable {
        /// What its metrics have in common: `loss` of `train_loss` and `val_loss`.
        let kind: String
        /// `epoch` or `step`.
        let unit: String
        let curves: [Curve]
        let x: ChartAxis
        let y: ChartAxis
    }

    struct Curve: Sendable {
        /// Of the metric, with the task's map index.
        let metric: String
        /// `nil` where one run is drawn.
        let run: String?
        let kind: String
        let unit: String
        /// By x; finite.
        let points: [Point]

        /// What the legend shows.
        var name: String { metric + (run.map { " \($0)" } ?? "") }
    }

    struct Point: Sendable, Hashable {
        var x: Double
        var y: Double
    }

    init(title: String, curves: [Curve]) {
        self.title = title
        runs = curves.compactMap(\.run).uniqued
        var kinds: [String] = []
        for curve in curves where !kinds.contains(curve.kind + " " + curve.unit) {
            kinds.append(curve.kind + " " + curve.unit)
        }
        panels = kinds.map { kind in Panel(curves.filter { $0.kind + " " + $0.unit == kind }) }
    }

    /// - Parameter run: its name, where several runs are drawn.
    static func curves(_ series: [MetricSeries], run: String?) -> [Curve] {
        series.compactMap { series in
            let points = series.points.filter(\.value.isFinite).map { point in
                Point(x: Double(series.isByEpoch ? point.epoch ?? point.step : point.step), y: point.value)
            }
            guard !points.isEmpty else { return nil }
            let index = series.task.mapIndex < 0 ? "" : "[\(series.task.mapIndex)]"
            return Curve(
                metric: series.name + index, run: run, kind: kind(of: series.name),
                unit: series.isByEpoch ? "epoch" : "step", points: points)
        }
    }

    /// What is measured on one scale: shares of right answers, or else metrics with the same last word (`train_loss` and
    /// `val_loss`).
    private static func kind(of name: String) -> String {
        let word = name.split(separator: "_").last.map(String.init) ?? name
        return ["accuracy", "precision", "recall"].contains(word) ? "score" : word
    }
}

extension Chart.Panel {
    fileprivate init(_ curves: [Chart.Curve]) {
        let points = curves.flatMap(\.points)
        self.init(
            kind: curves[0].kind, unit: curves[0].unit, curves: curves, x: ChartAxis(of: points.map(\.x)),
            y: ChartAxis(of: points.map(\.y)))
    }
}
