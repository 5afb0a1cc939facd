import Glibc
import Yams

/// `pipeline.yaml`: a flat mapping of setting names to values.
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
            guard let text = value.scalar?.string else {
                throw UsageError("\(path):\(line): \(name) must be a single value")
            }
            result[setting] = text
        }
        return result
    }
}
