import PipelineCore

extension JSONValue {
    /// The same with `null` in place of NaN and the infinities, which JSON (RFC 8259) cannot say.
    var withFiniteNumbers: JSONValue {
        switch self {
        case .double(let number) where !number.isFinite: .null
        case .array(let elements): .array(elements.map(\.withFiniteNumbers))
        case .object(let members): .object(JSONObject(members.map { ($0.key, $0.value.withFiniteNumbers) }))
        default: self
        }
    }
}
