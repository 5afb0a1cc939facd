import Crypto
package import PipelineCore

/// The form in which a DAG is stored, whatever it was written in: Airflow's serialized JSON with ours beside it.
///
///     {"__version": 3, "dag": {...}, "client_defaults": {...}?,
///      "pipeline": {"native": {task_id: {"operator", "attributes", "pod"?}}, "python_only": {task_id: reason},
///                   "weights": {task_id: weight}?}}
///
/// `native` holds the attributes that a native operator needs and the serialized form leaves out, `python_only` says
/// why a task needs Python, `weights` what its custom weight rule gave. A document may be large, so it is kept as text
/// and read task by task.
package struct DAGDocument: Sendable, Hashable {
    let text: JSONText

    init(json: JSONValue) { text = JSONText(json) }

    /// From what ``utf8`` gave.
    init(text: JSONText) { self.text = text }

    /// From the bytes of ``DAGVersion/document``.
    package init(utf8 bytes: [UInt8]) throws(DAGParsingError) {
        text = JSONText(utf8: bytes)
        do {
            _ = try text.members()
        } catch {
            throw Self.syntaxError(error)
        }
    }

    /// Puts together one DAG of a reader's answer: `{dag_id, serialized, native, python_only, weights?}`.
    package init(readerEntry entry: JSONText) throws(DAGParsingError) {
        do {
            guard let serialized = try entry.member("serialized"), var members = try serialized.members() else {
                throw DAGParsingError(.missingField, "the field is missing", path: "serialized")
            }
            var pipeline: [JSONText.Member] = []
            for key in Self.pipelineKeys {
                let value = try entry.member(key)
                guard try value == nil || value?.members() != nil else {
                    throw DAGParsingError(.wrongType, "expected an object", path: key)
                }
                if value != nil || key != "weights" { pipeline.append((key, value ?? JSONText(.object(JSONObject())))) }
            }
            members.append(("pipeline", JSONText(members: pipeline)))
            text = JSONText(members: members)
        } catch let error as DAGParsingError {
            throw error
        } catch {
            throw Self.syntaxError(error)
        }
    }

    private static let pipelineKeys = ["native", "python_only", "weights"]

    package var dagID: String? { (try? text.member("dag")?.member("dag_id")?.value())??.stringValue }

    /// The bytes to store. Keys keep their order, which is the order of tasks and groups in the file.
    package var utf8: [UInt8] { Array(text.utf8) }

    package func decode() throws(DAGParsingError) -> DAG {
        try SerializedDAGDecoder(extras: try PipelineExtras(text)).decode(text)
    }

    /// SHA-256, hexadecimal, of the document with sorted keys and without what may change while the DAG does not: the
    /// absolute place of its file. The relative place counts, since a worker finds the DAG by it.
    package func hash() throws(DAGParsingError) -> String {
        var hasher = SHA256()
        do {
            let members = try text.members() ?? []
            try Self.hash(members.sorted { $0.key < $1.key }, into: &hasher)
        } catch {
            throw Self.syntaxError(error)
        }
        return ContentHash.hexadecimal(hasher.finalize())
    }

    private static func hash(_ members: [JSONText.Member], into hasher: inout SHA256) throws(JSONParseError) {
        for (index, member) in members.enumerated() {
            hasher.update(data: Array("\(index == 0 ? "{" : ",")\"\(member.key)\":".utf8))
            try member.value.writeSorted(omitting: member.key == "dag" ? volatileKeys : []) { hasher.update(data: $0) }
        }
        hasher.update(data: Array("}".utf8))
    }

    /// The document of the same DAG in a folder at another place.
    func placed(in folder: String) throws(DAGParsingError) -> DAGDocument {
        do {
            guard let dag = try text.member("dag"),
                let file = try dag.member("relative_fileloc")?.value().stringValue
            else { return self }
            let place = JSONText(.string("\(folder)/\(file)"))
            let root = JSONText(.string(folder))
            let knownRoot = try dag.member("_processor_dags_folder")
            guard try dag.member("fileloc") != place || knownRoot != nil && knownRoot != root else { return self }
            let moved = try knownRoot == nil
                ? dag.setting(["fileloc": place]) : dag.setting(["fileloc": place, "_processor_dags_folder": root])
            return DAGDocument(text: try text.setting(["dag": moved]))
        } catch {
            throw Self.syntaxError(error)
        }
    }

    private static let volatileKeys: Set = ["fileloc", "_processor_dags_folder"]

    static func syntaxError(_ error: any Error) -> DAGParsingError {
        guard let error = error as? JSONParseError else { return DAGParsingError(.syntax, "not a DAG document: \(error)") }
        return DAGParsingError(.syntax, "not a DAG document: \(error.message)", line: error.line)
    }
}
