import DAGParsing
import K8sPodExecutor
import PipelineCore

/// A pod as YAML, the site's own (`pod_template_file`).
enum PodTemplateFile {
    /// `null` for no path.
    /// - Throws: ``UsageError`` with file, line and field.
    static func pod(_ path: String) throws -> JSONValue {
        guard !path.isEmpty else { return .null }
        let value = try YAMLFile.value(path)
        guard let object = value.objectValue else { throw UsageError("\(path):1: a pod template is a mapping (kind: Pod, spec: ...)") }
        if let kind = object["kind"], kind != "Pod" {
            throw UsageError("\(path): kind is \(kind.serialized()), a pod template is of kind Pod")
        }
        for key in object.keys where !["apiVersion", "kind", "metadata", "spec"].contains(key) {
            throw UsageError("\(path): unknown field '\(key)'; a pod has metadata and spec")
        }
        for key in ["metadata", "spec"] where object[key] != nil && object[key]?.objectValue == nil {
            throw UsageError("\(path): \(key) must be a mapping")
        }
        return value
    }
}

/// `accelerators_file`: a list of `{resource, node_selector, tolerations, companions}`.
enum AcceleratorsFile {
    static func table(_ path: String) throws -> AcceleratorTable {
        guard let entries = try YAMLFile.value(path).arrayValue else {
            throw UsageError("\(path):1: expected a list of entries with 'resource'")
        }
        return AcceleratorTable(entries: try entries.enumerated().map { try entry($1, "\(path): entry \($0 + 1)") })
    }

    private static func entry(_ value: JSONValue, _ place: String) throws -> AcceleratorTable.Entry {
        guard let object = value.objectValue, let resource = object["resource"]?.stringValue else {
            throw UsageError("\(place): 'resource' is missing, for example nvidia.com/gpu")
        }
        let known = ["resource", "node_selector", "tolerations", "companions"]
        for key in object.keys where !known.contains(key) {
            throw UsageError("\(place): unknown field '\(key)'; there are \(known.joined(separator: ", "))")
        }
        return AcceleratorTable.Entry(
            resource: resource, nodeSelector: texts(object["node_selector"]),
            tolerations: object["tolerations"]?.arrayValue ?? [], companions: texts(object["companions"]))
    }

    private static func texts(_ value: JSONValue?) -> [String: String] {
        Dictionary(
            (value?.objectValue ?? [:]).map { ($0.key, $0.value.stringValue ?? $0.value.serialized()) }, uniquingKeysWith: { $1 })
    }
}

/// A YAML file as JSON.
enum YAMLFile {
    /// - Throws: ``UsageError`` with file and line.
    static func value(_ path: String) throws -> JSONValue {
        guard let text = try? Files.readText(path) else { throw UsageError("\(path) cannot be read") }
        do {
            return try YAMLDocument.json(text)
        } catch {
            throw UsageError("\(path):\(error.line ?? 1): \(error.message)")
        }
    }
}
