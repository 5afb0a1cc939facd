import DAGParsing
import PipelineCore

/// A file of variables or connections in one of Airflow's notations: JSON, YAML or `.env`, by its extension.
/// Source: Airflow 3.3 `secrets/local_filesystem.py`.
struct SecretsFile {
    let path: String

    /// - Throws: ``CommandFailure`` for an unreadable file, ``UsageError`` with line for what is wrong in it.
    func object() throws -> JSONObject {
        switch fileExtension {
        case "json": try SettingsFile(path: path).object()
        case "yaml", "yml": try yamlObject()
        case "env": try environmentObject()
        default:
            throw UsageError(
                "\(path): unsupported file format; the name must end in .env, .json, .yaml or .yml")
        }
    }

    private var fileExtension: String {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: ".") else { return "" }
        return name[name.index(after: dot)...].lowercased()
    }

    private func yamlObject() throws -> JSONObject {
        let value: JSONValue
        do {
            value = try YAMLDocument.json(try Files.readText(path))
        } catch let error as DAGParsingError {
            throw UsageError("\(path):\(error.line ?? 1): \(error.message)")
        }
        guard let object = value.objectValue else { throw UsageError("\(path):1: expected a YAML mapping") }
        return object
    }

    /// `KEY=value` lines; the value is everything behind the first `=`, as it stands.
    private func environmentObject() throws -> JSONObject {
        var object = JSONObject()
        let lines = try Files.readText(path).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() where !line.isEmpty && !Self.isComment(line) {
            guard let equals = line.firstIndex(of: "="), equals > line.startIndex, line.index(after: equals) < line.endIndex
            else { throw UsageError("\(path):\(index + 1): expected KEY=value") }
            let key = String(line[..<equals])
            guard object[key] == nil else { throw UsageError("\(path):\(index + 1): '\(key)' stands twice") }
            object[key] = .string(String(line[line.index(after: equals)...]))
        }
        return object
    }

    private static func isComment(_ line: Substring) -> Bool {
        line.drop { $0.isWhitespace }.first == "#"
    }
}
