import PipelineCore

extension SerializedDAGDecoder {
    /// The tree of task groups; a document without one has all tasks at the root.
    func rootGroup(_ encoded: JSONObject, tasks: [TaskDefinition]) throws(DAGParsingError) -> TaskGroup {
        guard let root = SerializedFields(encoded)["task_group"] else {
            var group = TaskGroup(id: nil)
            group.children = tasks.map { .task($0.id) }
            return group
        }
        let known = Set(tasks.map(\.id))
        return try at("task_group") { () throws(DAGParsingError) in
            let group = try group(id: nil, root, known: known)
            try checkComplete(group, known: known)
            return group
        }
    }

    /// Group ids in the document lack their parents' prefixes; the key among the children has the full id.
    private func group(id: String?, _ encoded: JSONValue, known: Set<String>) throws(DAGParsingError) -> TaskGroup {
        let fields = try Self.fields(of: encoded)
        var group = TaskGroup(id: id)
        group.displayName = try fields.string("group_display_name") ?? ""
        group.tooltip = try fields.string("tooltip") ?? ""
        if try fields.bool("is_mapped") ?? false {
            let input = try fields.required("expand_input", fields["expand_input"])
            group.expandInput = try at("expand_input") { () throws(DAGParsingError) in try expandInput(input) }
        }
        for (label, child) in try fields.requiredObject("children") {
            let child = try at("children.\(label)") { () throws(DAGParsingError) in
                try self.child(label, child, known: known)
            }
            group.children.append(child)
        }
        return group
    }

    private func child(
        _ label: String, _ encoded: JSONValue, known: Set<String>
    ) throws(DAGParsingError) -> TaskGroup.Child {
        let parts = SerializedEncoding.plainContainer(encoded)
        switch (parts[0]?.stringValue, parts[1]) {
        case ("operator"?, .string(let id)?):
            guard known.contains(id) else { throw DAGParsingError(.unknownTask, "there is no task '\(id)'") }
            return .task(id)
        case ("taskgroup"?, let inner?): return .group(try group(id: label, inner, known: known))
        default:
            throw DAGParsingError(
                .unknownType, "expected [\"operator\", id] or [\"taskgroup\", {...}], found \(encoded.shortText)")
        }
    }

    private func checkComplete(_ group: TaskGroup, known: Set<String>) throws(DAGParsingError) {
        let placed = group.taskIDs
        guard Set(placed).count == placed.count else {
            throw DAGParsingError(.duplicate, "a task stands in two task groups")
        }
        if let missing = known.subtracting(placed).min() {
            throw DAGParsingError(.missingField, "task '\(missing)' stands in no task group")
        }
    }

    /// Tells each task which groups are around it.
    static func place(_ tasks: inout [TaskDefinition], in root: TaskGroup) {
        var places: [String: (groups: [String], mapped: String?)] = [:]
        func visit(_ group: TaskGroup, groups: [String], mapped: String?) {
            for child in group.children {
                switch child {
                case .task(let id): places[id] = (groups, mapped)
                case .group(let inner):
                    let id = inner.id ?? ""
                    visit(inner, groups: groups + [id], mapped: inner.isMapped ? id : mapped)
                }
            }
        }
        visit(root, groups: [], mapped: nil)
        for index in tasks.indices {
            guard let place = places[tasks[index].id] else { continue }
            tasks[index].groupIDs = place.groups
            tasks[index].mappedGroupID = place.mapped
        }
    }
}
