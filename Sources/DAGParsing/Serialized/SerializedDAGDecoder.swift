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
    package func decode(_ document: JSONValue) throws(DAGParsingError) -> DAG { try decode(JSONText(document)) }

    /// The same from text, of which one task at a time is read.
    package func decode(_ document: JSONText) throws(DAGParsingError) -> DAG {
        let parts = try Self.split(document, at: "dag")
        let fields = SerializedFields(parts.others)
        try checkVersion(fields)
        let encoded = try fields.required("dag", parts.text)
        let defaults = try clientDefaults(fields)
        return try at("dag") { () throws(DAGParsingError) in try dag(encoded, clientDefaults: defaults) }
    }

    /// The text of one member of an object, and the others.
    private static func split(
        _ text: JSONText, at key: String
    ) throws(DAGParsingError) -> (text: JSONText?, others: JSONObject) {
        do {
            guard let members = try text.members() else {
                throw DAGParsingError(.wrongType, "expected an object, found \(try text.value().shortText)")
            }
            var others = JSONObject()
            for member in members where member.key != key { others[member.key] = try member.value.value() }
            let text = members.last { $0.key == key }?.value
            return (try text?.value(ifShort: "null".utf8.count)?.isNull == true ? nil : text, others)
        } catch let error as DAGParsingError {
            throw error
        } catch {
            throw DAGDocument.syntaxError(error)
        }
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

    private func dag(_ text: JSONText, clientDefaults: JSONObject) throws(DAGParsingError) -> DAG {
        let (taskTexts, encoded) = try Self.split(text, at: "tasks")
        var header = try header(encoded)
        let listed = try SerializedFields(encoded).required("tasks", taskTexts)
        var tasks = try tasks(listed, clientDefaults: clientDefaults, header: header)
        header.owners = Set(tasks.map(\.owner)).sorted()
        let root = try rootGroup(encoded, tasks: tasks)
        Self.place(&tasks, in: root)
        do {
            return try DAG(header: header, tasks: consume tasks, rootGroup: root)
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
    /// By task id.
    var native: [String: JSONText] = [:]
    var pythonOnly = JSONObject()
    /// Weights that custom strategies gave, by task id.
    var weights = JSONObject()

    init() {}

    init(_ document: JSONText) throws(DAGParsingError) {
        do {
            for (key, text) in try document.member("pipeline")?.members() ?? [] {
                switch key {
                case "native": native = Dictionary(try Self.members(text, key)) { _, last in last }
                case "python_only": pythonOnly = JSONObject(try Self.members(text, key).map { ($0.key, try $0.value.value()) })
                case "weights": weights = JSONObject(try Self.members(text, key).map { ($0.key, try $0.value.value()) })
                default: break
                }
            }
        } catch let error as DAGParsingError {
            throw error.inside("pipeline")
        } catch {
            throw DAGDocument.syntaxError(error)
        }
    }

    private static func members(_ text: JSONText, _ key: String) throws -> [JSONText.Member] {
        guard let members = try text.members() else {
            throw DAGParsingError(.wrongType, "expected an object, found \(try text.value().shortText)", path: key)
        }
        return members
    }
}
