import PipelineCore

/// The edges of a DAG in YAML. A dependency names a task or a group, by its name in the file or its full id; a group
/// stands for the tasks at its end, and one that depends for those at its start.
struct YAMLGraph {
    /// By task id, sorted.
    private(set) var downstream: [String: [String]] = [:]
    private var edges: Set<Edge> = []
    /// Group ids and task ids around each group, for Airflow's pages.
    private(set) var groupLinks: [String: GroupLinks] = [:]

    private struct Edge: Hashable {
        var from: String
        var to: String
    }

    struct GroupLinks {
        var upstreamGroups: Set<String> = []
        var downstreamGroups: Set<String> = []
        var upstreamTasks: Set<String> = []
        var downstreamTasks: Set<String> = []
    }

    private enum Node {
        case task(YAMLTask)
        case group(YAMLGroup)
    }

    private let builder: YAMLDAGBuilder

    init(_ builder: YAMLDAGBuilder) throws(DAGParsingError) {
        self.builder = builder
        // Edges inside the groups first: they decide what a group's start and end are.
        var later: [(YAMLNode, from: Node, to: Node)] = []
        for (target, nodes, path) in targets {
            for node in nodes {
                let source = try find(node, path: path)
                if case .task(let from) = source, case .task(let to) = target {
                    edges.insert(Edge(from: from.id, to: to.id))
                } else {
                    later.append((node, source, target))
                }
            }
        }
        for name in builder.taskNames { try addExpansion(name) }
        for (node, from, to) in later { try link(from, to, node) }
        try checkAcyclic()
        for edge in edges { downstream[edge.from, default: []].append(edge.to) }
        for id in downstream.keys { downstream[id]?.sort() }
    }

    private var targets: [(Node, [YAMLNode], String)] {
        builder.taskNames.compactMap { builder.tasks[$0] }.map {
            (.task($0), $0.dependencies, $0.fields.place("dependencies"))
        }
            + builder.groupNames.compactMap { builder.groups[$0] }.map {
                (.group($0), $0.dependencies, $0.fields.place("dependencies"))
            }
    }

    private func find(_ node: YAMLNode, path: String) throws(DAGParsingError) -> Node {
        let name = node.text ?? ""
        if let task = builder.tasks[name] ?? builder.tasks.values.first(where: { $0.id == name }) { return .task(task) }
        if let group = builder.groups[name] ?? builder.groups.values.first(where: { $0.id == name }) {
            return .group(group)
        }
        let near = Spelling.nearest(to: name, among: builder.taskNames + builder.groupNames)
        throw node.error(
            .unknownTask, "there is no task or task group '\(name)'\(near.map { "; did you mean '\($0)'?" } ?? "")",
            path: path)
    }

    /// `expand: {x: other.output}` makes the other task come first.
    private mutating func addExpansion(_ name: String) throws(DAGParsingError) {
        guard let task = builder.tasks[name] else { return }
        for source in try YAMLExpansion(task, builder.tasks).sources() { edges.insert(Edge(from: source, to: task.id)) }
    }

    private mutating func link(_ from: Node, _ to: Node, _ node: YAMLNode) throws(DAGParsingError) {
        let sources = ends(of: from, atStart: false)
        let targets = ends(of: to, atStart: true)
        for source in sources { for target in targets { edges.insert(Edge(from: source, to: target)) } }
        switch (from, to) {
        case (.group(let left), .group(let right)):
            groupLinks[left.id, default: GroupLinks()].downstreamGroups.insert(right.id)
            groupLinks[right.id, default: GroupLinks()].upstreamGroups.insert(left.id)
        case (.task(let left), .group(let right)):
            groupLinks[right.id, default: GroupLinks()].upstreamTasks.insert(left.id)
        case (.group(let left), .task(let right)):
            groupLinks[left.id, default: GroupLinks()].downstreamTasks.insert(right.id)
        case (.task, .task): break
        }
    }

    /// The tasks of a group that have nothing before (or behind) them in it. Behind a teardown counts what it follows.
    private func ends(of node: Node, atStart: Bool) -> [String] {
        guard case .group(let group) = node else {
            if case .task(let task) = node { return [task.id] }
            return []
        }
        let members = builder.tasks.values.filter { isInside($0.group, group.name) }
        let teardowns = Set(members.filter { $0.fields["is_teardown"]?.json == true }.map(\.id))
        let inside = Set(members.map(\.id)).subtracting(atStart ? [] : teardowns)
        return inside.filter { id in
            !edges.contains {
                atStart ? $0.to == id && inside.contains($0.from) : $0.from == id && inside.contains($0.to)
            }
        }.sorted()
    }

    private func isInside(_ name: String?, _ group: String) -> Bool {
        var place = name
        while let current = place {
            if current == group { return true }
            place = builder.groups[current]?.parent
        }
        return false
    }

    private func checkAcyclic() throws(DAGParsingError) {
        var successors: [String: [String]] = [:]
        for edge in edges { successors[edge.from, default: []].append(edge.to) }
        var definitions: [TaskDefinition] = []
        for task in builder.taskNames.compactMap({ builder.tasks[$0] }) {
            var definition = TaskDefinition(id: task.id, operatorName: "")
            definition.downstream = (successors[task.id] ?? []).sorted()
            definitions.append(definition)
        }
        guard let cycle = DirectedGraph(definitions).cycle() else { return }
        let task = builder.tasks.values.first { $0.id == cycle.first }
        throw DAGParsingError(
            .invalidGraph, "the tasks form a cycle: \(cycle.joined(separator: " -> "))",
            line: task?.dependencies.first?.line ?? task?.fields.line, path: task?.fields.place("dependencies") ?? "")
    }
}

extension YAMLDAGBuilder {
    /// The serialized tree of groups, groups and tasks in the order of the file, as nested as they are.
    func groupTree(_ graph: YAMLGraph) throws(DAGParsingError) -> JSONValue { try groupTree(nil, graph) }

    private func groupTree(_ group: YAMLGroup?, _ graph: YAMLGraph) throws(DAGParsingError) -> JSONValue {
        var children = JSONObject()
        for task in taskNames.compactMap({ tasks[$0] }) where task.group == group?.name {
            children[task.id] = ["operator", .string(task.id)]
        }
        for name in groupNames where groups[name]?.parent == group?.name {
            guard let inner = groups[name] else { continue }
            children[inner.id] = ["taskgroup", try groupTree(inner, graph)]
        }
        let links = group.flatMap { graph.groupLinks[$0.id] } ?? YAMLGraph.GroupLinks()
        func texts(_ names: Set<String>) -> JSONValue { .array(names.sorted().map { .string($0) }) }
        var object: JSONObject = [
            "_group_id": (group?.name).map { .string($0) } ?? .null,
            "group_display_name": .string(try group?.fields.text("group_display_name") ?? ""),
            "prefix_group_id": .bool(group?.prefixes ?? true),
            "tooltip": .string(try group?.fields.text("tooltip") ?? ""),
            "ui_color": .string(try group?.fields.text("ui_color") ?? "CornflowerBlue"),
            "ui_fgcolor": .string(try group?.fields.text("ui_fgcolor") ?? "#000"), "children": .object(children),
            "upstream_group_ids": texts(links.upstreamGroups), "downstream_group_ids": texts(links.downstreamGroups),
            "upstream_task_ids": texts(links.upstreamTasks), "downstream_task_ids": texts(links.downstreamTasks),
        ]
        object["doc_md"] = try group?.fields.text("doc_md").map { .string($0) }
        return .object(object)
    }
}
