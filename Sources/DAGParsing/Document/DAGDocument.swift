package import PipelineCore

/// The form in which a DAG is stored, whatever it was written in: Airflow's serialized JSON with ours beside it.
///
///     {"__version": 3, "dag": {...}, "client_defaults": {...}?,
///      "pipeline": {"native": {task_id: {"operator", "attributes", "pod"?}}, "python_only": {task_id: reason},
///                   "weights": {task_id: weight}?}}
///
/// `native` holds the attributes that a native operator needs and the serialized form leaves out, `python_only` says
/// why a task needs Python, `weights` what its custom weight rule gave.
package struct DAGDocument: Sendable, Hashable {
    package let json: JSONValue

    init(json: JSONValue) { self.json = json }

    /// From the bytes of ``DAGVersion/document``.
    package init(utf8 bytes: [UInt8]) throws(DAGParsingError) {
        do {
            json = try JSONValue.parse(utf8: bytes)
        } catch {
            throw DAGParsingError(.syntax, "not a DAG document: \(error.message)", line: error.line)
        }
    }

    /// Puts together one DAG of a reader's answer: `{dag_id, serialized, native, python_only, weights?}`.
    package init(readerEntry entry: JSONValue) throws(DAGParsingError) {
        let fields = try SerializedDAGDecoder.fields(of: entry)
        var document = try fields.requiredObject("serialized")
        var pipeline = JSONObject()
        for key in Self.pipelineKeys {
            let value = try fields.object(key) ?? JSONObject()
            if !value.isEmpty || key != "weights" { pipeline[key] = .object(value) }
        }
        document["pipeline"] = .object(pipeline)
        json = .object(document)
    }

    private static let pipelineKeys = ["native", "python_only", "weights"]

    package var dagID: String? { json["dag"]?["dag_id"]?.stringValue }

    /// The bytes to store. Keys keep their order, which is the order of tasks and groups in the file.
    package var utf8: [UInt8] { json.serializedUTF8() }

    package func decode() throws(DAGParsingError) -> DAG {
        let pipeline = SerializedFields(try SerializedDAGDecoder.fields(of: json).object("pipeline") ?? JSONObject())
        var extras = PipelineExtras()
        do {
            extras.native = try pipeline.object("native") ?? extras.native
            extras.pythonOnly = try pipeline.object("python_only") ?? extras.pythonOnly
            extras.weights = try pipeline.object("weights") ?? extras.weights
        } catch {
            throw error.inside("pipeline")
        }
        return try SerializedDAGDecoder(extras: extras).decode(json)
    }

    /// SHA-256, hexadecimal, of the document with sorted keys and without what may change while the DAG does not: the
    /// absolute place of its file. The relative place counts, since a worker finds the DAG by it.
    package var hash: String {
        var document = json.objectValue ?? JSONObject()
        if var dag = document["dag"]?.objectValue {
            for key in Self.volatileKeys { dag[key] = nil }
            document["dag"] = .object(dag)
        }
        return ContentHash.sha256(JSONValue.object(document).serializedUTF8(sortedKeys: true))
    }

    /// The document of the same DAG in a folder at another place.
    func placed(in folder: String) -> DAGDocument {
        guard var document = json.objectValue, var dag = document["dag"]?.objectValue,
            let file = dag["relative_fileloc"]?.stringValue
        else { return self }
        dag["fileloc"] = .string("\(folder)/\(file)")
        if dag["_processor_dags_folder"] != nil { dag["_processor_dags_folder"] = .string(folder) }
        document["dag"] = .object(dag)
        return DAGDocument(json: .object(document))
    }

    private static let volatileKeys = ["fileloc", "_processor_dags_folder"]
}
