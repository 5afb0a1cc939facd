import PipelineCore

/// A chart in characters: a panel is a grid with a letter for each curve.
struct TerminalChart {
    private static let marks = Array("*+ox#@%&ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    private static let colours = [34, 31, 32, 35, 36, 33]

    private let chart: Chart
    private let width: Int
    private let height: Int
    private let colour: Bool

    init(_ chart: Chart, width: Int, height: Int, colour: Bool) {
        self.chart = chart
        self.width = width
        self.height = height
        self.colour = colour
    }

    var text: String { ([chart.title] + chart.panels.map(text)).joined(separator: "\n\n") }

    private func text(_ panel: Chart.Panel) -> String {
        let cells = grid(panel)
        let labels = (0..<height).map { label(row: $0, panel.y) }
        let margin = labels.map(\.count).max() ?? 0
        var lines = [legend(panel)]
        for (label, row) in zip(labels, cells) {
            let blanks = String(repeating: " ", count: margin - label.count)
            lines.append("\(blanks)\(label) \(label.isEmpty ? "|" : "+")\(row.joined())".trimmingTrailingBlanks())
        }
        let indent = String(repeating: " ", count: margin + 1)
        lines.append(indent + "+" + String(repeating: "-", count: width))
        let (first, last) = (panel.x.text(panel.x.low), "\(panel.unit) \(panel.x.text(panel.x.high))")
        let gap = String(repeating: " ", count: max(1, width - first.count - last.count))
        lines.append(indent + " " + first + gap + last)
        return lines.joined(separator: "\n")
    }

    /// The curves side by side, or one a line where that is longer than the picture is wide.
    private func legend(_ panel: Chart.Panel) -> String {
        let names = panel.curves.map { "\($0.name) \($0.points.last.map { ShortNumber.text($0.y) } ?? "")" }
        let length = names.reduce(0) { $0 + $1.count + 5 } - 3
        return names.enumerated().map { "\(mark($0)) \($1)" }.joined(separator: length <= width ? "   " : "\n")
    }

    private func mark(_ number: Int) -> String {
        let mark = String(Self.marks[number % Self.marks.count])
        return colour ? "\u{1B}[\(Self.colours[number % Self.colours.count])m\(mark)\u{1B}[0m" : mark
    }

    /// The tick that is nearest to the row's middle, if it is within half a row.
    private func label(row: Int, _ axis: ChartAxis) -> String {
        axis.ticks.first { self.row(of: $0, axis) == row }.map(axis.text) ?? ""
    }

    private func row(of value: Double, _ axis: ChartAxis) -> Int {
        height - 1 - Int((axis.position(of: value) * Double(height - 1)).rounded())
    }

    /// Curves that come first lie on top.
    private func grid(_ panel: Chart.Panel) -> [[String]] {
        var cells = [[String]](repeating: [String](repeating: " ", count: width), count: height)
        for (number, curve) in panel.curves.enumerated().reversed() {
            let mark = mark(number)
            for (column, value) in values(of: curve, panel.x) { cells[row(of: value, panel.y)][column] = mark }
        }
        return cells
    }

    /// The curve's value at each column between its first and last point, by linear interpolation.
    private func values(of curve: Chart.Curve, _ axis: ChartAxis) -> [(column: Int, value: Double)] {
        let places = curve.points.map { point in
            (column: Int((axis.position(of: point.x) * Double(width - 1)).rounded()), value: point.y)
        }
        var result: [(column: Int, value: Double)] = []
        for (left, right) in zip(places, places.dropFirst()) where right.column > left.column {
            for column in left.column..<right.column {
                let share = Double(column - left.column) / Double(right.column - left.column)
                result.append((column, left.value + share * (right.value - left.value)))
            }
        }
        if let last = places.last { result.append(last) }
        return result
    }
}
