import PipelineCore

/// What a mapped task is expanded over: literal lists and mappings, or the result of another task, written
/// `other.output` or `XcomArg(other)` as in dag-factory.
struct YAMLExpansion {
    private let task: YAMLTask
    private let tasks: [String: YAMLTask]

    init(_ task: YAMLTask, _ tasks: [String: YAMLTask]) {
        self.task = task
        self.tasks = tasks
    }

    /// Ids of the tasks whose results are used.
    func sources() throws(DAGParsingError) -> [String] {
        var ids: [String] = []
        for entry in try task.fields.map("expand")?.entries ?? [] {
            if let id = try reference(entry.value, path: task.fields.place("expand.\(entry.key)")) { ids.append(id) }
        }
        if let node = task.fields["expand_kwargs"],
            let id = try reference(node, path: task.fields.place("expand_kwargs"))
        {
            ids.append(id)
        }
        return ids
    }

    /// The serialized expand input, and the keys it gives where they are known.
    func encoded() throws(DAGParsingError) -> JSONValue {
        if let expand = try task.fields.map("expand") {
            guard task.fields["expand_kwargs"] == nil else {
                throw task.fields.error(
                    .duplicate, "a task has 'expand' or 'expand_kwargs', not both", key: "expand_kwargs")
            }
            guard !expand.entries.isEmpty else { throw expand.error(.invalidValue, "'expand' names no argument") }
            var value = JSONObject()
            for entry in expand.entries { value[entry.key] = try source(entry.value, path: expand.place(entry.key)) }
            return ["type": "dict-of-lists", "value": SerializedEncoding.encoded("dict", .object(value))]
        }
        let path = task.fields.place("expand_kwargs")
        guard let node = task.fields["expand_kwargs"] else { return .null }
        if let id = try reference(node, path: path) { return ["type": "list-of-dicts", "value": Self.xcom(id)] }
        guard let elements = node.elements, elements.allSatisfy({ $0.entries != nil }) else {
            throw node.error(.wrongType, "expected a list of mappings, found \(node.json.shortText)", path: path)
        }
        return ["type": "list-of-dicts", "value": SerializedEncoding.encode(node.json)]
    }

    private func source(_ node: YAMLNode, path: String) throws(DAGParsingError) -> JSONValue {
        if let id = try reference(node, path: path) { return Self.xcom(id) }
        guard node.elements != nil || node.entries != nil else {
            throw node.error(
                .wrongType, "expected a list, a mapping or TASK.output, found \(node.json.shortText)", path: path)
        }
        return SerializedEncoding.encode(node.json)
    }

    private func reference(_ node: YAMLNode, path: String) throws(DAGParsingError) -> String? {
        guard let text = node.json.stringValue?.trimmed else { return nil }
        let name: String
        if text.hasSuffix(".output") {
            name = String(text.dropLast(7))
        } else if text.lowercased().hasPrefix("xcomarg("), text.hasSuffix(")") {
            name = String(text.dropFirst(8).dropLast())
        } else {
            return nil
        }
        if let other = tasks[name] ?? tasks.values.first(where: { $0.id == name }) { return other.id }
        let near = Spelling.nearest(to: name, among: tasks.keys).map { "; did you mean '\($0)'?" } ?? ""
        throw node.error(.unknownTask, "there is no task '\(name)'\(near)", path: path)
    }

    private static func xcom(_ id: String) -> JSONValue {
        SerializedEncoding.encoded("xcomref", ["task_id": .string(id), "key": "return_value"])
    }
}
