/// Draws a chart on a canvas: panels one above the other, with grid, labels and, below, the legend.
struct ChartDrawing {
    private static let width = 880.0
    private static let titleHeight = 40.0
    /// Of a panel without its legend.
    private static let plotHeight = 256.0
    /// Of a row of the legend.
    private static let legendHeight = 24.0
    private static let (left, right, bottom) = (84.0, 24.0, 44.0)
    /// Height of a line of text.
    private static let textHeight = 14.0

    private let chart: Chart

    init(_ chart: Chart) { self.chart = chart }

    static func size(of chart: Chart) -> (width: Int, height: Int) {
        (Int(width), Int(chart.panels.reduce(titleHeight) { $0 + height(of: $1) }))
    }

    private static func height(of panel: Chart.Panel) -> Double {
        plotHeight + legendHeight * Double(legend(of: panel).rows)
    }

    private static func legend(of panel: Chart.Panel) -> ChartLegend {
        ChartLegend(panel.curves.map(\.name), width: width - left - right)
    }

    func draw(on canvas: inout some ChartCanvas) {
        canvas.text(chart.title, at: .init(x: 16, y: 14), .ink, alignedRight: false)
        var top = Self.titleHeight
        for panel in chart.panels {
            let frame = Frame(panel, top: top)
            let styles = CurveStyle.all(of: panel, runs: chart.runs)
            drawAxes(panel, frame, on: &canvas)
            for (curve, style) in zip(panel.curves, styles).reversed() { draw(curve, style, frame, on: &canvas) }
            drawLegend(Self.legend(of: panel), styles, frame, on: &canvas)
            top += Self.height(of: panel)
        }
    }

    /// Where the values of a panel lie on the canvas.
    private struct Frame {
        let panel: Chart.Panel
        let top: Double
        let low: Double

        init(_ panel: Chart.Panel, top: Double) {
            self.panel = panel
            self.top = top + 8
            low = top + ChartDrawing.plotHeight - ChartDrawing.bottom
        }

        func x(_ value: Double) -> Double {
            ChartDrawing.left
                + panel.x.position(of: value) * (ChartDrawing.width - ChartDrawing.left - ChartDrawing.right)
        }

        func y(_ value: Double) -> Double { low - panel.y.position(of: value) * (low - top) }
    }

    private func drawAxes(_ panel: Chart.Panel, _ frame: Frame, on canvas: inout some ChartCanvas) {
        for tick in panel.y.ticks {
            let y = frame.y(tick)
            canvas.line(
                from: .init(x: Self.left, y: y), to: .init(x: Self.width - Self.right, y: y), .pale, width: 1)
            let position = Chart.Point(x: Self.left - 8, y: y - Self.textHeight / 2)
            canvas.text(panel.y.text(tick), at: position, .grey, alignedRight: true)
        }
        for tick in panel.x.ticks {
            let x = frame.x(tick)
            canvas.line(from: .init(x: x, y: frame.low), to: .init(x: x, y: frame.low + 4), .grey, width: 1)
            let text = panel.x.text(tick)
            let half = Double(text.count) * ChartLegend.letterWidth / 2
            canvas.text(text, at: .init(x: x - half, y: frame.low + 8), .grey, alignedRight: false)
        }
        let corner = Chart.Point(x: Self.width - Self.right, y: frame.low + 24)
        canvas.text(panel.unit, at: corner, .grey, alignedRight: true)
    }

    private func draw(
        _ curve: Chart.Curve, _ style: CurveStyle, _ frame: Frame, on canvas: inout some ChartCanvas
    ) {
        let places = curve.points.map { Chart.Point(x: frame.x($0.x), y: frame.y($0.y)) }
        for (start, end) in DashedPath.pieces(of: places, style.dashes) {
            canvas.line(from: start, to: end, style.color, width: 2)
        }
        guard places.count <= 60 else { return }
        for place in places {
            let (left, right) = (Chart.Point(x: place.x - 2, y: place.y), Chart.Point(x: place.x + 2, y: place.y))
            canvas.line(from: left, to: right, style.color, width: 5)
        }
    }

    private func drawLegend(
        _ legend: ChartLegend, _ styles: [CurveStyle], _ frame: Frame, on canvas: inout some ChartCanvas
    ) {
        for (entry, style) in zip(legend.entries, styles) {
            let x = Self.left + entry.x
            let y = frame.low + Self.bottom + Double(entry.row) * Self.legendHeight + 2
            let middle = y + Self.textHeight / 2
            // Long enough for each pattern of dashes to show.
            let ends = [Chart.Point(x: x - 16, y: middle), Chart.Point(x: x + 18, y: middle)]
            for (start, end) in DashedPath.pieces(of: ends, style.dashes) {
                canvas.line(from: start, to: end, style.color, width: 3)
            }
            canvas.text(entry.name, at: .init(x: x + ChartLegend.sample, y: y), .ink, alignedRight: false)
        }
    }
}
