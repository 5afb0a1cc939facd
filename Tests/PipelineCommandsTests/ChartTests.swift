import PipelineCore
import Testing

@testable import PipelineCommands
@testable import Stages

/// Keeps the texts that were drawn.
private struct RecordingCanvas: ChartCanvas {
    var texts: [(text: String, position: Chart.Point)] = []

    mutating func line(from start: Chart.Point, to end: Chart.Point, _ color: ChartColor, width: Double) {}
    mutating func text(_ text: String, at position: Chart.Point, _ color: ChartColor, alignedRight: Bool) {
        texts.append((text, position))
    }
}

@Suite struct ChartTests {
    private func rows(_ name: String, _ values: [Double], byEpoch: Bool = true) -> [TrackedMetric] {
        let task = TaskInstanceKey(run: RunKey(dagID: "d", runID: "r"), taskID: "train")
        return values.enumerated().map { number, value in
            TrackedMetric(
                task: task, name: name, step: number * 10, epoch: byEpoch ? number + 1 : nil, value: value,
                tryNumber: 1, timestamp: Timestamp(seconds: 0))
        }
    }

    private func chart(_ rows: [TrackedMetric]) -> Chart {
        Chart(title: "d latest", curves: Chart.curves(MetricSeries.all(in: rows), run: nil))
    }

    @Test(arguments: [
        ([0.0, 1], [0.0, 0.2, 0.4, 0.6, 0.8, 1]), ([3, 47], [0.0, 10, 20, 30, 40, 50]),
        ([5, 5], [2.0, 3, 4, 5, 6, 7, 8]),
        ([-0.013, 0.004], [-0.015, -0.01, -0.005, 0, 0.005]), ([1e9, 3e9], [1e9, 1.5e9, 2e9, 2.5e9, 3e9]),
    ])
    func axesHaveRoundTicksAroundTheValues(_ values: [Double], _ ticks: [Double]) {
        let axis = ChartAxis(of: values)
        #expect(axis.ticks.map(axis.text) == ticks.map { ShortNumber.text($0) })
        #expect(axis.low <= values[0] && axis.high >= values[1])
    }

    @Test(arguments: [
        (0.483_333_333_333, "0.483333"), (1234567.0, "1234570"), (0, "0"), (-2.5, "-2.5"),
        (1.000000082740371e-07, "1e-7"), (1.23456789e20, "1.23457e+20"),
        (.nan, "nan"), (.infinity, "inf"), (99999.95, "100000"), (3, "3"),
    ])
    func numbersHaveSixDigits(_ number: Double, _ text: String) { #expect(ShortNumber.text(number) == text) }

    @Test func sharesOfRightAnswersShareAPanelToo() {
        let chart = chart(["val_recall", "val_f1_score", "val_accuracy"].flatMap { rows($0, [0.1, 0.5]) })
        #expect(chart.panels.map(\.kind) == ["score"] && chart.panels[0].curves.count == 3)
    }

    @Test func metricsOfAKindShareAPanel() {
        let chart = chart(rows("train_loss", [4, 2]) + rows("val_loss", [5, 3]) + rows("val_accuracy", [0.1, 0.5]))
        #expect(chart.panels.map(\.kind) == ["loss", "score"])
        #expect(chart.panels[0].curves.map(\.name) == ["train_loss", "val_loss"])
        #expect(chart.panels[0].x.low == 1 && chart.panels[0].x.high == 2 && chart.panels[0].unit == "epoch")
        #expect(self.chart(rows("step_loss", [1, 2], byEpoch: false)).panels[0].x.high == 10)
    }

    @Test func whatIsNotFiniteIsLeftOut() {
        #expect(chart(rows("loss", [1, .nan, .infinity, 2])).panels[0].curves[0].points.map(\.y) == [1, 2])
        #expect(chart(rows("loss", [.nan])).panels.isEmpty)
    }

    @Test func theTerminalShowsCurvesTicksAndLegend() {
        let text = TerminalChart(chart(rows("val_loss", [4, 2, 1, 0])), width: 20, height: 5, colour: false).text
        #expect(
            text == """
                d latest

                * val_loss 0
                4 +**
                3 +  ***
                2 +     *****
                1 +          *******
                0 +                 ***
                  +--------------------
                   1            epoch 4
                """)
    }

    @Test func coloursAppearWhereTheyAreWanted() {
        let text = TerminalChart(chart(rows("loss", [4, 2])), width: 20, height: 5, colour: true).text
        #expect(text.contains("\u{1B}[34m*\u{1B}[0m"))
    }

    @Test func svgHoldsLinesAndEscapedText() {
        let chart = Chart(
            title: "a<b> & c", curves: Chart.curves(MetricSeries.all(in: rows("val_loss", [4, 2])), run: "run_1"))
        var canvas = SVGCanvas(size: ChartDrawing.size(of: chart))
        ChartDrawing(chart).draw(on: &canvas)
        let document = canvas.document
        #expect(document.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"880\" height=\"320\""))
        #expect(document.contains(">a&lt;b&gt; &amp; c</text>") && document.contains(">val_loss run_1</text>"))
        #expect(document.contains("stroke=\"#0072b2\" stroke-width=\"2\"") && document.hasSuffix("</svg>\n"))
    }

    /// Four runs with long names, three metrics in a panel: nothing may leave the picture or stand on another name.
    private func crowded(runs: Int = 4) -> Chart {
        let names = ["val_accuracy", "val_precision", "val_recall", "train_loss", "val_loss"]
        let series = MetricSeries.all(in: names.flatMap { rows($0, [0.1, 0.4, 0.5]) })
        let curves = (0..<runs).flatMap { number in
            Chart.curves(series, run: "manual__2026-11-2\(number)T10:11:12.131415+00:00")
        }
        return Chart(title: "cifar100_classification", curves: curves)
    }

    @Test func theLegendStandsInRowsInsideThePicture() {
        let chart = crowded()
        let size = ChartDrawing.size(of: chart)
        var canvas = RecordingCanvas()
        ChartDrawing(chart).draw(on: &canvas)
        let texts = canvas.texts.filter { $0.text.contains("manual__") }
        #expect(texts.count == 20)
        for (text, position) in texts {
            #expect(position.x + Double(text.count) * ChartLegend.letterWidth <= Double(size.width))
            #expect(position.y + 14 <= Double(size.height))
        }
        for (number, first) in texts.enumerated() {
            for second in texts[(number + 1)...] where first.position.y == second.position.y {
                #expect(first.position.x + Double(first.text.count) * ChartLegend.letterWidth < second.position.x)
            }
        }
    }

    @Test func aNameThatIsLongerThanARowIsCut() {
        let legend = ChartLegend(["val_loss " + String(repeating: "r", count: 300) + "end", "b"], width: 400)
        #expect(legend.entries[0].name.count == 47 && legend.entries[0].name.hasSuffix("rend"))
        #expect(legend.entries[0].name.hasPrefix("val_loss rr") && legend.rows == 2)
    }

    @Test(arguments: [1, 2, 6, 9]) func curvesOfAPanelDiffer(_ runs: Int) {
        let chart = crowded(runs: runs)
        for panel in chart.panels {
            let styles = CurveStyle.all(of: panel, runs: chart.runs)
            #expect(Set(styles).count == panel.curves.count)
            for (curve, style) in zip(panel.curves, styles) where runs > 1 {
                #expect(style.color == .curve(chart.runs.firstIndex(of: curve.run ?? "") ?? -1))
            }
        }
    }

    @Test func dashesGoOnRoundCorners() {
        let path = [Chart.Point(x: 0, y: 0), Chart.Point(x: 3, y: 0), Chart.Point(x: 3, y: 4)]
        let pieces = DashedPath.pieces(of: path, [2, 2])
        #expect(pieces.map(\.start) == [.init(x: 0, y: 0), .init(x: 3, y: 1)])
        #expect(pieces.map(\.end) == [.init(x: 2, y: 0), .init(x: 3, y: 3)])
        #expect(DashedPath.pieces(of: path, []).count == 2)
    }

    @Test func manyCurvesHaveALineEachInTheTerminal() {
        let lines = TerminalChart(crowded(), width: 72, height: 5, colour: false).text.split(separator: "\n")
        let names = lines.filter { $0.contains("manual__") }
        #expect(names.count == 20 && names.allSatisfy { $0.count <= 72 })
        #expect(Set(names.prefix(12).map(\.first)).count == 12)
    }

    @Test func pixelsOfACurveHaveItsColour() throws {
        let chart = chart(rows("val_loss", [4, 2]))
        var canvas = PictureCanvas(size: ChartDrawing.size(of: chart))
        ChartDrawing(chart).draw(on: &canvas)
        let blue = Picture.Color(red: 0x00, green: 0x72, blue: 0xB2)
        let count = (0..<canvas.picture.height).reduce(0) { sum, y in
            sum + (0..<canvas.picture.width).count { canvas.picture[$0, y] == blue }
        }
        #expect(count > 1_000)
        #expect(try PNGImage.encode(canvas.picture).starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }
}
