import PipelineCore

/// The attributes of an operator as the reader handed them over: JSON in Airflow's encoding, with plain accessors.
struct NativeAttributes: Sendable {
    let operatorClass: String
    var values: JSONObject

    /// What JSON should have held; names operator and attribute.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    subscript(name: String) -> JSONValue { Self.plain(values[name] ?? .null) }

    func string(_ name: String) -> String? { self[name].stringValue }

    func bool(_ name: String, default fallback: Bool) -> Bool { self[name].boolValue ?? fallback }

    func number(_ name: String) -> Double? { self[name].doubleValue }

    /// A number of seconds, also where a `timedelta` was given.
    func seconds(_ name: String) -> Double? {
        let value = self[name]
        return value.doubleValue ?? Self.encoded("timedelta", value)?.doubleValue
    }

    /// The content of a value in Airflow's encoding, when it is of the type `type`.
    static func encoded(_ type: String, _ value: JSONValue) -> JSONValue? {
        value["__type"]?.stringValue == type ? value["__var"] : nil
    }

    func requiredString(_ name: String) throws -> String {
        guard let text = string(name) else { throw failure(name, "a text") }
        return text
    }

    func strings(_ name: String) -> [String]? { self[name].arrayValue?.compactMap(\.stringValue) }

    func failure(_ name: String, _ expected: String) -> Failure {
        Failure(
            description: "\(operatorClass): attribute '\(name)' is \(self[name].serialized()), expected \(expected)")
    }

    /// Without Airflow's `{"__type","__var"}` wrappers of containers: dictionaries as objects, tuples and sets as
    /// arrays. Datetimes, timedeltas and times stay as they are, since code asks for their kind.
    static func plain(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): return .array(elements.map(plain))
        case .object(let members):
            guard let type = members["__type"]?.stringValue, let inner = members["__var"] else {
                return .object(JSONObject(members.map { ($0.key, plain($0.value)) }))
            }
            switch type {
            case "dict", "tuple", "set": return plain(inner)
            default: return value
            }
        default: return value
        }
    }
}
