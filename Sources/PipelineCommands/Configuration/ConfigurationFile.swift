import Glibc
import PipelineCore
import Yams

/// `pipeline.yaml`: a mapping of setting names to values; ``Setting/isList`` tells which are more than one.
struct ConfigurationFile {
    let path: String
    let isRequired: Bool

    /// - Throws: ``UsageError`` with file and line for anything that is not a known setting.
    func settings() throws -> [Setting: String] {
        guard let text = try? Files.readText(path) else {
            if isRequired { throw UsageError("cannot read the configuration file \(path)") }
            return [:]
        }
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw UsageError("\(path): not YAML: \(error)")
        }
        guard let node else { return [:] }
        guard case .mapping(let mapping) = node else {
            throw UsageError("\(path):1: expected lines of the form 'setting: value'")
        }
        return try settings(of: mapping)
    }

    private func settings(of mapping: Node.Mapping) throws -> [Setting: String] {
        var result: [Setting: String] = [:]
        for (key, value) in mapping {
            let line = key.mark?.line ?? 0
            let name = key.string ?? ""
            guard let setting = Setting(rawValue: name) else {
                let near = Suggestion.nearest(to: name, among: Setting.allCases.map(\.rawValue))
                throw UsageError("\(path):\(line): unknown setting '\(name)'" + (near.map { "; did you mean '\($0)'?" } ?? ""))
            }
            if setting.isList {
                result[setting] = try Self.json(value, "\(path):\(line): \(name)").serialized()
                continue
            }
            guard let text = value.scalar?.string else {
                throw UsageError("\(path):\(line): \(name) must be a single value")
            }
            result[setting] = text
        }
        return result
    }

    /// The same in JSON.
    private static func json(_ node: Node, _ place: String) throws -> JSONValue {
        switch node {
        case .sequence(let elements): return .array(try elements.map { try json($0, place) })
        case .mapping(let members):
            return .object(
                JSONObject(
                    try members.map { key, value -> (String, JSONValue) in
                        guard let name = key.string else { throw UsageError("\(place): a key must be text") }
                        return (name, try json(value, place))
                    }))
        case .scalar, .alias:
            if node.tag == Tag(.int), let number = node.int { return .int(number) }
            guard let text = node.string else { throw UsageError("\(place) must be made of lists, mappings and values") }
            return .string(text)
        }
    }
}
