import PipelineCore

/// Rows with named columns, printed in any ``OutputFormat``. JSON and YAML keep types; table and plain are for people.
struct Table {
    let columns: [String]
    var rows: [JSONObject] = []

    init(columns: [String], rows: [JSONObject] = []) {
        self.columns = columns
        self.rows = rows
    }

    func rendered(_ format: OutputFormat) -> String {
        switch format {
        case .json: return JSONValue.array(rows.map(JSONValue.object)).serialized(.pretty)
        case .yaml: return YAMLWriter.text(.array(rows.map(JSONValue.object)))
        case .plain: return aligned(separator: " ", rule: false)
        case .table: return rows.isEmpty ? "No data found" : aligned(separator: " | ", rule: true)
        }
    }

    private func aligned(separator: String, rule: Bool) -> String {
        let cells = rows.map { row in columns.map { Self.text(of: row[$0] ?? .null) } }
        let widths = columns.indices.map { column in
            ([columns[column]] + cells.map { $0[column] }).map(\.count).max() ?? 0
        }
        func line(_ texts: [String]) -> String {
            zip(texts, widths).map { $0.padding(to: $1) }.joined(separator: separator).trimmingTrailingBlanks()
        }
        var lines = [line(columns)]
        if rule { lines.append(widths.map { String(repeating: "=", count: $0) }.joined(separator: "=+=")) }
        return (lines + cells.map(line)).joined(separator: "\n")
    }

    /// A value as people read it: no quotes around text, nothing for null.
    static func text(of value: JSONValue) -> String {
        switch value {
        case .null: ""
        case .bool(let flag): flag ? "True" : "False"
        case .string(let text): text.replacing("\n", with: "\\n")
        default: value.serialized(.python)
        }
    }
}

extension String {
    func padding(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }

    func trimmingTrailingBlanks() -> String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
