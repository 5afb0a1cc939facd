import PipelineCore

/// Airflow's encoding of values that JSON has no word for: `{"__type": T, "__var": V}`.
/// Source: Airflow 3.3 `serialization/enums.py` and `serialized_objects.py`.
enum SerializedEncoding {
    static let type = "__type"
    static let variable = "__var"

    /// The type and content of an encoded value, `nil` for anything else.
    static func parts(of value: JSONValue) -> (type: String, content: JSONValue)? {
        guard case .object(let object) = value, let name = object[type]?.stringValue, let content = object[variable]
        else { return nil }
        return (name, content)
    }

    static func encoded(_ type: String, _ content: JSONValue) -> JSONValue {
        [(Self.variable): content, (Self.type): .string(type)]
    }

    /// The value with its containers (`dict`, `tuple`, `set`) in JSON's own form, at every depth. Values of other
    /// types (`timedelta`, `datetime`, `xcomref`, ...) stay encoded, for whoever knows what they are needed for.
    static func plain(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): .array(elements.map(plain))
        case .object(let object): plain(object)
        default: value
        }
    }

    private static func plain(_ object: JSONObject) -> JSONValue {
        guard let name = object[type]?.stringValue, let content = object[variable] else {
            return .object(JSONObject(object.map { ($0.key, plain($0.value)) }))
        }
        switch name {
        case "dict", "tuple", "set": return plain(content)
        default: return .object(object)
        }
    }

    /// JSON in Airflow's encoding: objects become `dict`, the rest stays.
    static func encode(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): .array(elements.map(encode))
        case .object(let object) where parts(of: value) == nil:
            encoded("dict", .object(JSONObject(object.map { ($0.key, encode($0.value)) })))
        default: value
        }
    }
}
