package import PipelineCore

/// Reads `dag.yaml`, in the words of dag-factory, without Python.
///
/// A file holds DAGs by dag_id, with a `default` block for all of them, or one DAG with a `dag_id` key. Each becomes
/// the same document that the reader makes of a DAG in Python, and one decoder reads both. The keys are listed in
/// docs/decisions/0006-reading-dags.md. Keys that begin with `x-` at the top are for anchors.
package struct YAMLDAGParser: Sendable {
    /// The DAGs folder, absolute.
    let folder: String
    /// Relative dates count from the start of this day.
    let now: Timestamp
    let zone: @Sendable (String) throws -> ZoneRules

    package init(folder: String, now: Timestamp, zone: @escaping @Sendable (String) throws -> ZoneRules) {
        self.folder = folder
        self.now = now
        self.zone = zone
    }

    /// The documents of all DAGs of a file, each checked by decoding it.
    /// - Parameter file: relative to the folder.
    /// - Throws: ``DAGParsingError`` with file and line.
    package func parse(_ text: String, file: String) throws(DAGParsingError) -> [DAGDocument] {
        do {
            guard let root = try YAMLReader.read(text) else { return [] }
            return try documents(try YAMLFields(root, path: ""), file: file)
        } catch {
            throw error.inFile(file)
        }
    }

    private func documents(_ root: YAMLFields, file: String) throws(DAGParsingError) -> [DAGDocument] {
        let fields = YAMLFields(
            entries: root.entries.filter { !$0.key.hasPrefix("x-") }, line: root.line, path: "")
        let defaults = try fields.map("default")
        if fields["dag_id"] != nil {
            guard let id = try fields.text("dag_id") else { return [] }
            return [try document(id: id, fields.without(["default"]), defaults: defaults, file: file)]
        }
        var documents: [DAGDocument] = []
        for entry in fields.entries where entry.key != "default" {
            let own = try YAMLFields(entry.value, path: entry.key)
            documents.append(
                try document(
                    id: entry.key, YAMLFields(entries: own.entries, line: entry.line, path: entry.key),
                    defaults: defaults, file: file))
        }
        return documents
    }

    private func document(
        id: String, _ fields: YAMLFields, defaults: YAMLFields?, file: String
    ) throws(DAGParsingError) -> DAGDocument {
        var builder = try YAMLDAGBuilder(id: id, fields, defaults: defaults, parser: self)
        let document = try builder.document(file: file, folder: folder)
        do {
            _ = try document.decode()
        } catch {
            // What the builder lets through and the decoder refuses is told with the place of the DAG.
            throw DAGParsingError(error.code, error.message, line: fields.line, path: id)
        }
        return document
    }
}
