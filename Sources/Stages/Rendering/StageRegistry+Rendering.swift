package import PipelineCore

extension StageRegistry {
    /// The stages for machines: `[{name, summary}]`.
    package var listJSON: JSONValue {
        .array(stages.map { ["name": .string($0.name), "summary": .string($0.summary)] })
    }

    /// The stages for people.
    package var listTable: String {
        TextTable(header: ["NAME", "SUMMARY"], rows: stages.map { [$0.name, $0.summary] }).text
    }

    /// One stage for machines: `{name, summary, parameters: [{name, type, default, required, allowed, help}]}`.
    package func describeJSON(_ name: String) throws(StageError) -> JSONValue {
        let stage = try stage(named: name)
        return [
            "name": .string(stage.name), "summary": .string(stage.summary),
            "parameters": .array(stage.parameters.map(\.json)),
        ]
    }

    /// One stage for people.
    package func describeTable(_ name: String) throws(StageError) -> String {
        let stage = try stage(named: name)
        let rows = stage.parameters.map { [$0.displayName, $0.allowed, $0.defaultText, $0.help] }
        let table = TextTable(header: ["PARAMETER", "ALLOWED", "DEFAULT", "MEANING"], rows: rows)
        return "\(stage.name): \(stage.summary)\n\n\(table.text)"
    }
}

extension StageParameter {
    fileprivate var json: JSONValue {
        var members: JSONObject = [
            "name": .string(displayName), "type": .string(typeName), "default": defaultValue ?? .null,
            "required": .bool(isRequired),
        ]
        switch kind {
        case .integer(let range):
            members["minimum"] = .int(range.lowerBound)
            members["maximum"] = .int(range.upperBound)
        case .number(let range):
            members["minimum"] = .double(range.lowerBound)
            members["maximum"] = .double(range.upperBound)
        case .choice(let choices): members["enum"] = .array(choices.map { .string($0) })
        case .text, .flag: break
        }
        members["help"] = .string(help)
        return .object(members)
    }

    /// JSON schema's word for the type.
    private var typeName: String {
        switch kind {
        case .text, .choice: "string"
        case .integer: "integer"
        case .number: "number"
        case .flag: "boolean"
        }
    }

    fileprivate var defaultText: String {
        guard let defaultValue else { return "(required)" }
        return defaultValue.isNull ? "-" : defaultValue.stringValue ?? defaultValue.serialized()
    }
}
