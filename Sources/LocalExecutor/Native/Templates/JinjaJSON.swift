import Jinja
import PipelineCore

/// JSON values as Python values and back.
enum JinjaJSON {
    static func value(_ json: JSONValue) -> JinjaValue {
        switch json {
        case .null: .none
        case .bool(let flag): .bool(flag)
        case .int(let number): .int(number)
        case .double(let number): .double(number)
        case .string(let text): .string(text)
        case .array(let elements): .list(elements.map(value))
        case .object(let members): .dict(members.map { ($0.key, value($0.value)) })
        }
    }

    /// - Throws: ``JinjaError`` `unsupported` for values that JSON has no form for.
    static func json(_ value: JinjaValue) throws -> JSONValue {
        switch value {
        case .none: return .null
        case .bool(let flag): return .bool(flag)
        case .int(let number): return .int(number)
        case .double(let number): return .double(number)
        case .string(let text), .markup(let text): return .string(text)
        case .list(let list): return .array(try list.items.map(json))
        case .tuple(let items): return .array(try items.map(json))
        case .dict(let dict):
            return .object(
                JSONObject(
                    try dict.entries.map { entry in
                        guard case .string(let key) = entry.key else { throw unsupported("a key that is no text") }
                        return (key, try json(entry.value))
                    }))
        default: throw unsupported("a native value that JSON cannot carry")
        }
    }
}
