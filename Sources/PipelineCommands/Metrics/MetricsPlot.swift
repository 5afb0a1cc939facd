import ArgumentParser
import PipelineCore
import Stages

struct MetricsPlot: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "plot", abstract: "Draw the curves of a run's metrics, in the terminal or into a file.",
        discussion: """
            Metrics of one kind (train_loss, val_loss) share a picture. Without --metric those that were measured more \
            than once are drawn. Colour appears on a terminal only.
            """)
    @OptionGroup var global: GlobalOptions
    @OptionGroup var metrics: MetricOptions
    @Argument(help: "DAG id.") var dagID: String
    @Argument(help: "Run id ('latest': the newest).") var runID = "latest"
    @Option(help: "Another run of the DAG, drawn into the same pictures. May be repeated.") var compare: [String] = []
    @Option(name: .shortAndLong, help: "File to draw into: NAME.svg or NAME.png.") var output: String?
    @Option(help: "Columns of a curve in the terminal.") var width = 72
    @Option(help: "Lines of a curve in the terminal.") var height = 14

    func validate() throws {
        guard (20...400).contains(width), (4...200).contains(height) else {
            throw ValidationError("--width must be 20 to 400 and --height 4 to 200")
        }
    }

    func execute(_ workspace: Workspace) async throws {
        let chart = try await chart(workspace)
        guard let output else {
            Terminal.print(TerminalChart(chart, width: width, height: height, colour: Terminal.outputUsesColour).text)
            return
        }
        try OutputFile.write(try drawn(chart, as: output), to: output)
        Terminal.note("Wrote \(output)")
    }

    private func drawn(_ chart: Chart, as path: String) throws -> [UInt8] {
        switch path.split(separator: ".").last?.lowercased() {
        case "svg":
            var canvas = SVGCanvas(size: ChartDrawing.size(of: chart))
            ChartDrawing(chart).draw(on: &canvas)
            return Array(canvas.document.utf8)
        case "png":
            var canvas = PictureCanvas(size: ChartDrawing.size(of: chart))
            ChartDrawing(chart).draw(on: &canvas)
            return try PNGImage.encode(canvas.picture)
        default: throw UsageError("--output \(path): the name must end in .svg or .png")
        }
    }

    private func chart(_ workspace: Workspace) async throws -> Chart {
        var curves: [Chart.Curve] = []
        for id in [runID] + compare {
            let run = try await workspace.run(dagID: dagID, runID: id)
            let series = try await workspace.series(of: run, metrics)
            let shown = metrics.metric.isEmpty ? series.filter { $0.points.count > 1 } : series
            curves += Chart.curves(shown, run: compare.isEmpty ? nil : run.key.runID)
        }
        guard !curves.isEmpty else {
            throw CommandFailure("run '\(runID)' of '\(dagID)' has no metric that was measured more than once")
        }
        return Chart(title: compare.isEmpty ? "\(dagID) \(runID)" : dagID, curves: curves)
    }
}
