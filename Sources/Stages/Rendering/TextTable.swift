/// Columns of left-aligned text.
struct TextTable {
    var header: [String]
    var rows: [[String]]

    /// The table with a line end after each row; the last column is not padded.
    var text: String {
        let lines = [header] + rows
        let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { Self.line($0, widths) + "\n" }.joined()
    }

    private static func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = cells.enumerated().map { index, cell in
            index == cells.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
        }
        return padded.joined(separator: "  ")
    }
}
