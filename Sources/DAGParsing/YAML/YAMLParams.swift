import PipelineCore

/// `params`: a plain value is a default; a mapping with a word of JSON schema in it is a parameter with a schema.
enum YAMLParams {
    /// Words that make a mapping a schema and not a value.
    private static let schemaWords: Set<String> = [
        "type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "schema",
    ]

    static func encoded(_ fields: YAMLFields) throws(DAGParsingError) -> [JSONValue] {
        guard let params = try fields.map("params") else { return [] }
        var result: [JSONValue] = []
        for entry in params.entries { result.append([.string(entry.key), try param(entry, params)]) }
        return result
    }

    private static func param(_ entry: YAMLNode.Entry, _ params: YAMLFields) throws(DAGParsingError) -> JSONValue {
        guard let words = entry.value.entries,
            words.contains(where: { schemaWords.contains($0.key) || $0.key == "default" })
        else { return object(entry.value.json, description: nil, schema: [:]) }
        let fields = try YAMLFields(entry.value, path: params.place(entry.key))
        let ours: Set<String> = ["default", "description", "schema", "__type__"]
        var schema = JSONObject(fields.without(ours).entries.map { ($0.key, $0.value.json) })
        if let inner = try fields.map("schema") {
            schema = schema.merging(JSONObject(inner.entries.map { ($0.key, $0.value.json) }))
        }
        let given = entry.value.entries?.first { $0.key == "default" }?.value.json
        try check(schema, given, fields)
        return object(given, description: try fields.text("description"), schema: schema)
    }

    /// A default that its own schema refuses is a mistake, unless it is none at all.
    private static func check(_ schema: JSONObject, _ value: JSONValue?, _ fields: YAMLFields) throws(DAGParsingError) {
        guard let value, let violation = JSONSchemaValidator(schema: .object(schema)).violation(by: value) else {
            return
        }
        throw fields.error(
            .invalidValue, "the default does not satisfy the schema: \(violation.message)", key: "default")
    }

    private static func object(_ value: JSONValue?, description: String?, schema: JSONObject) -> JSONValue {
        [
            "__class": "airflow.sdk.definitions.param.Param",
            "default": value.map(SerializedEncoding.encode) ?? SerializedEncoding.encoded("arg_not_set", .null),
            "description": description.map { .string($0) } ?? .null,
            "schema": SerializedEncoding.encode(.object(schema)), "source": "dag",
        ]
    }
}
