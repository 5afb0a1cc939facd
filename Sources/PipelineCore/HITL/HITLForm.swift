/// The form that goes with a question: what its fields are called, and what they accept.
package struct HITLForm: Sendable, Hashable {
    package var fields: [DAGParam]

    /// From the fields as `HITLOperator` sends them: serialized params, or bare values.
    /// Source: Airflow `providers/standard/triggers/hitl.py` (`_is_param`).
    package init(_ params: JSONObject) {
        fields = params.map { Self.field($0.key, $0.value) }
    }

    private static func field(_ name: String, _ value: JSONValue) -> DAGParam {
        guard let param = value.objectValue, let schema = param["schema"]?.objectValue, param["description"] != nil,
            let given = param["value"]
        else { return DAGParam(name: name, value: value) }
        // A param without a default comes as null, which only a schema can tell from a null that is meant.
        let isMissing = given.isNull && JSONSchemaValidator(schema: .object(schema)).violation(by: .null) != nil
        return DAGParam(
            name: name, value: isMissing ? nil : given, description: param["description"]?.stringValue, schema: schema)
    }

    /// The values of all fields: those given, and the defaults of the others.
    /// - Throws: ``TaskServiceError`` `invalid_params` for a value that its field refuses, for a field without any, and
    ///   for a name that is no field's.
    package func values(_ input: JSONObject) throws(TaskServiceError) -> JSONObject {
        for key in input.keys where !fields.contains(where: { $0.name == key }) {
            let names = fields.map(\.name).joined(separator: ", ")
            throw Self.invalid("'\(key)' is no field of the form; it has \(names.isEmpty ? "none" : names)")
        }
        do { return try ParamsValidator.resolve(fields, conf: input) } catch { throw Self.invalid("\(error)") }
    }

    private static func invalid(_ text: String) -> TaskServiceError {
        TaskServiceError(.invalid, reason: "invalid_params", text)
    }
}
