/// Draws a chart on a canvas: panels one above the other, with grid, labels and legend.
struct ChartDrawing {
    private static let width = 880.0
    private static let titleHeight = 40.0
    private static let panelHeight = 280.0
    private static let legendHeight = 24.0
    private static let (left, right, bottom) = (84.0, 24.0, 44.0)
    /// Height of a line of text.
    private static let textHeight = 14.0
    /// Width of a letter, about.
    private static let letterWidth = 8.0

    private let chart: Chart

    init(_ chart: Chart) { self.chart = chart }

    static func size(of chart: Chart) -> (width: Int, height: Int) {
        (Int(width), Int(titleHeight + panelHeight * Double(chart.panels.count)))
    }

    func draw(on canvas: inout some ChartCanvas) {
        canvas.text(chart.title, at: .init(x: 16, y: 14), .ink, alignedRight: false)
        for (number, panel) in chart.panels.enumerated() {
            let frame = Frame(panel, top: Self.titleHeight + Double(number) * Self.panelHeight)
            drawAxes(panel, frame, on: &canvas)
            for (number, curve) in panel.curves.enumerated().reversed() {
                draw(curve, .curve(number), frame, on: &canvas)
            }
            drawLegend(panel, frame, on: &canvas)
        }
    }

    /// Where the values of a panel lie on the canvas.
    private struct Frame {
        let panel: Chart.Panel
        let top: Double
        let low: Double

        init(_ panel: Chart.Panel, top: Double) {
            self.panel = panel
            self.top = top + ChartDrawing.legendHeight
            low = top + ChartDrawing.panelHeight - ChartDrawing.bottom
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
            let half = Double(text.count) * Self.letterWidth / 2
            canvas.text(text, at: .init(x: x - half, y: frame.low + 8), .grey, alignedRight: false)
        }
        let corner = Chart.Point(x: Self.width - Self.right, y: frame.low + 24)
        canvas.text(panel.unit, at: corner, .grey, alignedRight: true)
    }

    private func draw(
        _ curve: Chart.Curve, _ color: ChartColor, _ frame: Frame, on canvas: inout some ChartCanvas
    ) {
        let places = curve.points.map { Chart.Point(x: frame.x($0.x), y: frame.y($0.y)) }
        for (start, end) in zip(places, places.dropFirst()) { canvas.line(from: start, to: end, color, width: 2) }
        guard places.count <= 60 else { return }
        for place in places {
            let (left, right) = (Chart.Point(x: place.x - 2, y: place.y), Chart.Point(x: place.x + 2, y: place.y))
            canvas.line(from: left, to: right, color, width: 5)
        }
    }

    private func drawLegend(_ panel: Chart.Panel, _ frame: Frame, on canvas: inout some ChartCanvas) {
        var x = Self.left
        for (number, curve) in panel.curves.enumerated() {
            let y = frame.top - Self.legendHeight + 4
            let middle = y + Self.textHeight / 2
            canvas.line(from: .init(x: x, y: middle), to: .init(x: x + 18, y: middle), .curve(number), width: 3)
            canvas.text(curve.name, at: .init(x: x + 24, y: y), .ink, alignedRight: false)
            x += 48 + Double(curve.name.count) * Self.letterWidth
        }
    }
}
