import PipelineCore
import Yams

/// JSON values as YAML text.
enum YAMLWriter {
    static func text(_ value: JSONValue) -> String {
        let text = (try? Yams.serialize(node: node(value), allowUnicode: true)) ?? ""
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    private static func node(_ value: JSONValue) -> Node {
        switch value {
        case .null: .scalar(.init("null", Tag(.null)))
        case .bool(let flag): .scalar(.init(flag ? "true" : "false", Tag(.bool)))
        case .int(let number): .scalar(.init(String(number), Tag(.int)))
        case .double: .scalar(.init(value.serialized(), Tag(.float)))
        case .string(let text): string(text)
        case .array(let elements): .sequence(.init(elements.map(node)))
        case .object(let members): .mapping(.init(members.map { (string($0.key), node($0.value)) }))
        }
    }

    /// Quoted where a reader would take the bare text for something else.
    private static func string(_ text: String) -> Node {
        let resolved = Resolver.default.resolveTag(of: .scalar(.init(text)))
        let style: Node.Scalar.Style = resolved == .str ? .any : .singleQuoted
        return .scalar(.init(text, Tag(.str), style))
    }
}
