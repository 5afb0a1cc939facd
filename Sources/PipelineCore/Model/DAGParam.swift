/// A parameter of a DAG: its default and the JSON schema that values must satisfy.
/// Source: Airflow 3.3 `sdk/definitions/param.py`.
package struct DAGParam: Sendable, Hashable {
    package var name: String
    /// `nil` where the parameter has no default and must be given.
    package var value: JSONValue?
    package var description: String?
    /// JSON schema (draft 2020-12 words); empty accepts anything.
    package var schema: JSONObject

    package init(name: String, value: JSONValue?, description: String? = nil, schema: JSONObject = JSONObject()) {
        self.name = name
        self.value = value
        self.description = description
        self.schema = schema
    }
}
