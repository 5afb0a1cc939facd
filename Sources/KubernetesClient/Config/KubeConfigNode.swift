import PipelineCore
import Yams

/// One value of a kubeconfig with the path that leads to it, so that errors can name it.
struct KubeConfigNode {
    let node: Node
    let file: String
    let path: String

    static func root(_ bytes: [UInt8], file: String) throws(KubernetesConfigurationError) -> KubeConfigNode? {
        do {
            guard let node = try Yams.compose(yaml: String(decoding: bytes, as: UTF8.self)) else { return nil }
            return KubeConfigNode(node: node, file: file, path: "")
        } catch {
            throw KubernetesConfigurationError(place: file, message: "not YAML: \(error)")
        }
    }

    /// The member `key`; `nil` where it is missing or null.
    func member(_ key: String) throws(KubernetesConfigurationError) -> KubeConfigNode? {
        guard case .mapping(let mapping) = node else { throw error("a mapping is expected here") }
        guard let value = mapping.first(where: { $0.key.string == key })?.value else { return nil }
        if case .scalar(let scalar) = value, scalar.style == .plain, ["", "~", "null"].contains(scalar.string) {
            return nil
        }
        return KubeConfigNode(node: value, file: file, path: path.isEmpty ? key : "\(path).\(key)")
    }

    /// The text of the member `key`; `nil` where it is missing or empty.
    func text(_ key: String) throws(KubernetesConfigurationError) -> String? {
        guard let value = try member(key) else { return nil }
        guard case .scalar(let scalar) = value.node else { throw value.error("a text is expected here") }
        return scalar.string.isEmpty ? nil : scalar.string
    }

    func requiredText(_ key: String) throws(KubernetesConfigurationError) -> String {
        guard let text = try text(key) else { throw error("the field '\(key)' is missing") }
        return text
    }

    func flag(_ key: String) throws(KubernetesConfigurationError) -> Bool {
        switch try text(key) {
        case nil, "false": return false
        case "true": return true
        case let other?: throw error("'\(key)' is \(other), but must be true or false")
        }
    }

    /// The elements of the list `key`; empty where it is missing.
    func list(_ key: String) throws(KubernetesConfigurationError) -> [KubeConfigNode] {
        guard let value = try member(key) else { return [] }
        guard case .sequence(let sequence) = value.node else { throw value.error("a list is expected here") }
        return sequence.enumerated().map { KubeConfigNode(node: $1, file: file, path: "\(value.path)[\($0)]") }
    }

    /// The text of a scalar.
    var plainText: String? { node.string }

    func renamed(_ path: String) -> KubeConfigNode { KubeConfigNode(node: node, file: file, path: path) }

    /// The bytes of the base64 text `key`.
    func data(_ key: String) throws(KubernetesConfigurationError) -> [UInt8]? {
        guard let text = try text(key) else { return nil }
        guard let bytes = Base64.decode(text) else {
            throw error("'\(key)' is not base64; write the PEM file's content with 'base64 -w0'")
        }
        return bytes
    }

    /// The path `key`, resolved against the folder of the file that it stands in.
    func filePath(_ key: String) throws(KubernetesConfigurationError) -> String? {
        try text(key).map { resolved($0) }
    }

    func resolved(_ path: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return String(file[...slash]) + path
    }

    var json: JSONValue { Self.json(node) }

    private static func json(_ node: Node) -> JSONValue {
        switch node {
        case .mapping(let mapping): .object(JSONObject(mapping.map { ($0.key.string ?? "", json($0.value)) }))
        case .sequence(let sequence): .array(sequence.map { json($0) })
        case .scalar(let scalar): json(scalar)
        case .alias: .null
        }
    }

    private static func json(_ scalar: Node.Scalar) -> JSONValue {
        guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
        switch scalar.string {
        case "", "~", "null": return .null
        case "true": return true
        case "false": return false
        default: return Int(scalar.string).map { .int($0) } ?? .string(scalar.string)
        }
    }

    func error(_ message: String) -> KubernetesConfigurationError {
        KubernetesConfigurationError(place: file, field: path, message: message)
    }
}
