import PipelineCore

/// `executor_config` of a task, without the encoding of dictionaries that serialized DAGs have.
/// Source: Airflow 3.3 `serialization/serialized_objects.py`.
struct ExecutorConfig {
    private let value: JSONValue

    init(_ value: JSONValue) { self.value = Self.plain(value) }

    /// A member, as a plain dictionary where it is one; `nil` where nothing is said of it.
    subscript(_ name: String) -> JSONValue? {
        guard let member = value[name], !member.isNull else { return nil }
        return Self.plain(member)
    }

    /// Without the encoding, at the top only.
    static func plain(_ value: JSONValue) -> JSONValue {
        value["__type"] == "dict" ? value["__var"] ?? [:] : value
    }

    /// Without it on all levels.
    static func decoded(_ value: JSONValue) -> JSONValue {
        switch plain(value) {
        case .object(let members): .object(JSONObject(members.map { ($0.key, decoded($0.value)) }))
        case .array(let elements): .array(elements.map(decoded))
        case let scalar: scalar
        }
    }
}
