import PipelineCore

extension StageParameter {
    /// The value that a text of `--set` stands for. An empty text leaves an optional parameter out.
    func value(fromText text: String, of field: String) throws(StageError) -> JSONValue {
        if text.isEmpty, defaultValue?.isNull == true { return .null }
        switch kind {
        case .text, .choice: return try checked(.string(text), of: field)
        case .integer: return try checked(Int(text).map { .int($0) } ?? .string(text), of: field)
        case .number: return try checked(Double(text).map { .double($0) } ?? .string(text), of: field)
        case .flag: return try checked(Self.flag(from: text) ?? .string(text), of: field)
        }
    }

    /// The value that a member of `PIPELINE_PARAMS` stands for: of the right JSON type, or a text as for `--set`,
    /// because templates make texts of everything.
    func value(fromJSON value: JSONValue, of field: String) throws(StageError) -> JSONValue {
        switch value {
        case .null where defaultValue != nil: defaultValue ?? .null
        case .string(let text): try self.value(fromText: text, of: field)
        default: try checked(value, of: field)
        }
    }

    private func checked(_ value: JSONValue, of field: String) throws(StageError) -> JSONValue {
        switch (kind, value) {
        case (.text, .string(let text)) where !text.isEmpty: return value
        case (.integer(let range), _):
            if let number = value.intValue, range.contains(number) { return .int(number) }
        case (.number(let range), _):
            if let number = value.doubleValue, range.contains(number) { return .double(number) }
        case (.flag, .bool): return value
        case (.choice(let choices), .string(let text)):
            if choices.contains(text) { return value }
            throw refusal(of: value, field, hint: NearestName.hint(for: text, among: choices))
        default: break
        }
        throw refusal(of: value, field, hint: "")
    }

    private func refusal(of value: JSONValue, _ field: String, hint: String) -> StageError {
        let shown = value.stringValue.map { "'\($0)'" } ?? value.serialized(.python)
        let wanted = kind == .text ? "a text that is not empty" : allowed
        return StageError(.misuse, "parameter \(field): \(shown) is not allowed, give \(wanted)\(hint)")
    }

    /// Python's and JSON's spellings: templates print `True`.
    private static func flag(from text: String) -> JSONValue? {
        switch text.lowercased() {
        case "true", "1", "yes", "on": .bool(true)
        case "false", "0", "no", "off": .bool(false)
        default: nil
        }
    }
}
