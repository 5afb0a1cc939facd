import PipelineCore

/// A part of a `dag.yaml`, with the line where it stands.
struct YAMLNode: Sendable {
    enum Content: Sendable {
        /// A value, and its text as written (a date keeps its form there).
        case scalar(JSONValue, text: String)
        case list([YAMLNode])
        case map([Entry])
    }

    struct Entry: Sendable {
        var key: String
        var line: Int
        var value: YAMLNode
    }

    var content: Content
    /// Counted from 1.
    var line: Int

    var isNull: Bool {
        if case .scalar(.null, _) = content { true } else { false }
    }

    var json: JSONValue {
        switch content {
        case .scalar(let value, _): value
        case .list(let elements): .array(elements.map(\.json))
        case .map(let entries): .object(JSONObject(entries.map { ($0.key, $0.value.json) }))
        }
    }

    /// The text of a scalar that is no null.
    var text: String? {
        if case .scalar(let value, let text) = content, !value.isNull { text } else { nil }
    }

    var entries: [Entry]? {
        if case .map(let entries) = content { entries } else { nil }
    }

    var elements: [YAMLNode]? {
        if case .list(let elements) = content { elements } else { nil }
    }

    func error(_ code: DAGParsingError.Code, _ message: String, path: String = "") -> DAGParsingError {
        DAGParsingError(code, message, line: line, path: path)
    }
}
