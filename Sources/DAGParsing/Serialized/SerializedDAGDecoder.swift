package import PipelineCore

/// Reads Airflow's serialized DAG JSON, versions 2 and 3, into a ``DAG``.
///
/// Values come from the task, then from `client_defaults.tasks`, then from the defaults of Airflow's schema. The DAG's
/// `default_args` are not applied: the SDK did that when it made the tasks. Keys that are not known are passed over,
/// since real documents hold more than the schema lists; an unknown encoding of a needed field is an error.
/// Source: Airflow 3.3 `serialization/serialized_objects.py`, `serialization/schema.json`.
package struct SerializedDAGDecoder: Sendable {
    package static let supportedVersions = 2...3

    /// What stands beside the serialized form in a ``DAGDocument``.
    let extras: PipelineExtras

    package init() { extras = PipelineExtras() }

    init(extras: PipelineExtras) { self.extras = extras }

    /// - Parameter document: `{"__version": 3, "dag": {...}, "client_defaults": {...}?}`
    package func decode(_ document: JSONValue) throws(DAGParsingError) -> DAG {
        let fields = try Self.fields(of: document)
        try checkVersion(fields)
        let encoded = try fields.requiredObject("dag")
        let defaults = try clientDefaults(fields)
        return try at("dag") { () throws(DAGParsingError) in try dag(encoded, clientDefaults: defaults) }
    }

    private func checkVersion(_ fields: SerializedFields) throws(DAGParsingError) {
        let version = try fields.required("__version", fields.int("__version"))
        guard Self.supportedVersions.contains(version) else {
            throw DAGParsingError(
                .unsupportedVersion,
                "serialized form \(version) is not supported, only 2 and 3; read the DAG file anew with Airflow 3",
                path: "__version")
        }
    }

    private func clientDefaults(_ fields: SerializedFields) throws(DAGParsingError) -> JSONObject {
        guard let defaults = try fields.object("client_defaults") else { return JSONObject() }
        return try at("client_defaults") { () throws(DAGParsingError) in
            try SerializedFields(defaults).object("tasks") ?? JSONObject()
        }
    }

    private func dag(_ encoded: JSONObject, clientDefaults: JSONObject) throws(DAGParsingError) -> DAG {
        var header = try header(encoded)
        var tasks = try tasks(encoded, clientDefaults: clientDefaults, header: header)
        header.owners = Set(tasks.map(\.owner)).sorted()
        let root = try rootGroup(encoded, tasks: tasks)
        Self.place(&tasks, in: root)
        do {
            return try DAG(header: header, tasks: tasks, rootGroup: root)
        } catch {
            throw DAGParsingError(.invalidGraph, error.description)
        }
    }

    static func fields(of value: JSONValue) throws(DAGParsingError) -> SerializedFields {
        guard let object = value.objectValue else {
            throw DAGParsingError(.wrongType, "expected an object, found \(value.shortText)")
        }
        return SerializedFields(object)
    }
}

extension SerializedFields {
    func requiredObject(_ key: String) throws(DAGParsingError) -> JSONObject { try required(key, object(key)) }
}

/// What ``DAGDocument`` knows beside the serialized form.
struct PipelineExtras: Sendable {
    var native = JSONObject()
    var pythonOnly = JSONObject()
    /// Weights that custom strategies gave, by task id.
    var weights = JSONObject()
}
