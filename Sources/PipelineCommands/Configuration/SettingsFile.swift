import PipelineCore

/// A JSON file with one object, as Airflow's `import` and `export` commands use it.
struct SettingsFile {
    let path: String

    /// - Throws: ``CommandFailure`` for an unreadable file, ``UsageError`` with line for anything but an object.
    func object() throws -> JSONObject {
        let value: JSONValue
        do {
            value = try JSONValue.parse(utf8: try Files.read(path))
        } catch let error as JSONParseError {
            throw UsageError("\(path):\(error.line): not JSON: \(error.message)")
        }
        guard let object = value.objectValue else { throw UsageError("\(path):1: expected a JSON object") }
        return object
    }

    func write(_ object: JSONObject) throws {
        let text = JSONValue.object(object).serialized(.pretty)
        if path == "-" {
            Terminal.print(text)
        } else {
            try Files.writeAtomically(Array((text + "\n").utf8), to: path)
        }
    }
}
