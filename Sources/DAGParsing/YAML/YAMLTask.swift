import PipelineCore

/// A task of a `dag.yaml`: its operator and its fields, those of `default_args` included.
struct YAMLTask {
    /// The name in the file.
    let name: String
    /// With the prefixes of its groups.
    let id: String
    let group: String?
    let kind: OperatorTable.Operator
    let fields: YAMLFields
    let dependencies: [YAMLNode]

    /// Keys of the notation itself.
    static let ownKeys: Set<String> = [
        "task_id", "operator", "dependencies", "task_group_name", "expand", "expand_kwargs", "partial",
    ]
    /// Arguments of every operator. Source: Airflow 3.3 `sdk/bases/operator.py`.
    static let baseKeys: Set<String> = [
        "owner", "email", "email_on_retry", "email_on_failure", "retries", "retry_delay", "retry_exponential_backoff",
        "max_retry_delay", "start_date", "end_date", "depends_on_past", "ignore_first_depends_on_past",
        "wait_for_past_depends_before_skipping", "wait_for_downstream", "params", "priority_weight", "weight_rule",
        "queue", "pool", "pool_slots", "execution_timeout", "trigger_rule", "map_index_template",
        "max_active_tis_per_dag", "max_active_tis_per_dagrun", "do_xcom_push", "multiple_outputs", "inlets", "outlets",
        "doc", "doc_md", "doc_json", "doc_yaml", "doc_rst", "task_display_name", "executor_config",
        "render_template_as_native_obj", "is_setup", "is_teardown", "on_failure_fail_dagrun",
    ]
    static let keys = ownKeys.union(baseKeys)
    static let pythonOnly: Set<String> = [
        "executor", "run_as_user", "retry_policy", "pre_execute", "post_execute", "python_callable",
        "python_callable_name", "python_callable_file", "python_callable_lambda", "decorator", "output_processor",
        "execution_date_fn", "execution_date_fn_name", "execution_date_fn_file", "callbacks", "progress_callback",
        "variables_as_arguments", "full_pod_spec", "secrets", "init_containers", "pod_template_file",
        "pod_template_dict", "pod_runtime_info_envs",
    ]
    static let aliases: [String: String] = {
        var aliases = ["upstream": "dependencies", "task_group": "task_group_name"]
        for key in [
            "retry_delay", "max_retry_delay", "execution_timeout", "poke_interval", "timeout", "execution_delta",
        ] {
            for unit in ["sec", "secs", "seconds"] { aliases["\(key)_\(unit)"] = key }
        }
        return aliases
    }()
    static let podAliases = ["command": "cmds", "args": "arguments", "env": "env_vars"]

    init(
        name: String, _ own: YAMLFields, groups: [String: YAMLGroup], defaults: YAMLFields?
    ) throws(DAGParsingError) {
        self.name = name
        let own = try own.renamed(Self.aliases)
        kind = try Self.kind(own)
        let named = kind.isPod ? try own.renamed(Self.podAliases) : own
        let known = Self.keys.union(kind.arguments.keys).union(kind.isPod ? ["resources"] : [])
        try named.check(known, of: "a task with \(kind.name)", pythonOnly: Self.pythonOnly)
        group = try named.text("task_group_name")
        if let group, groups[group] == nil { throw Self.unknownGroup(group, named, groups) }
        id = group.flatMap { groups[$0] }.map { $0.childID(name) } ?? name
        try YAMLDAGBuilder.checkID(id, named, pattern: "letters, digits, dashes, dots and underscores", extra: "-._")
        dependencies = try Self.list(named, "dependencies")
        let accepted = Self.baseKeys.union(kind.arguments.keys)
        let inherited = group.flatMap { groups[$0]?.defaults }?.over(defaults) ?? defaults
        fields = try Self.withPartial(named).over(inherited) { accepted.contains($0) }
        try checkRequired()
    }

    /// A task with an image and no operator is a pod.
    private static func kind(_ fields: YAMLFields) throws(DAGParsingError) -> OperatorTable.Operator {
        let name = try fields.string("operator") ?? (fields["image"] == nil ? nil : "KubernetesPodOperator")
        guard let name else {
            if fields["decorator"] != nil {
                throw fields.error(
                    .pythonOnly, "a decorator needs Python code; write this DAG as a Python file", key: "decorator")
            }
            throw fields.error(.missingField, "the task needs an 'operator'")
        }
        if let found = OperatorTable.shared.find(name) { return found }
        let names = OperatorTable.shared.names
        if let near = Spelling.nearest(to: name, among: names), !name.contains(".") {
            throw fields.error(.invalidValue, "unknown operator '\(name)'; did you mean '\(near)'?", key: "operator")
        }
        throw fields.error(
            .pythonOnly,
            "operator '\(name)' needs Python; write this DAG as a Python file, or use one of "
                + names.joined(separator: ", "),
            key: "operator")
    }

    private static func unknownGroup(
        _ name: String, _ fields: YAMLFields, _ groups: [String: YAMLGroup]
    ) -> DAGParsingError {
        let near = Spelling.nearest(to: name, among: groups.keys).map { "; did you mean '\($0)'?" } ?? ""
        return fields.error(.unknownTask, "there is no task group '\(name)'\(near)", key: "task_group_name")
    }

    /// A list of names, or one name.
    static func list(_ fields: YAMLFields, _ key: String) throws(DAGParsingError) -> [YAMLNode] {
        guard let node = fields[key] else { return [] }
        let nodes = node.elements ?? [node]
        for node in nodes where node.text == nil {
            throw node.error(.wrongType, "expected the name of a task or group", path: fields.place(key))
        }
        return nodes
    }

    /// dag-factory's `partial` holds arguments that may as well stand in the task itself.
    private static func withPartial(_ fields: YAMLFields) throws(DAGParsingError) -> YAMLFields {
        guard let partial = try fields.map("partial") else { return fields }
        guard fields["expand"] != nil || fields["expand_kwargs"] != nil else {
            throw fields.error(.missingField, "'partial' needs 'expand' beside it", key: "partial")
        }
        for entry in partial.entries where fields[entry.key] != nil {
            throw partial.error(.duplicate, "'\(entry.key)' stands in the task already", key: entry.key)
        }
        return fields.without(["partial"]).over(try partial.renamed(aliases))
    }

    var isMapped: Bool { fields["expand"] != nil || fields["expand_kwargs"] != nil }

    /// Arguments that come from the expansion, as far as the file says.
    func expandedKeys() throws(DAGParsingError) -> Set<String> {
        Set(try fields.map("expand")?.entries.map(\.key) ?? [])
    }

    private func checkRequired() throws(DAGParsingError) {
        guard fields["expand_kwargs"] == nil else { return }
        let expanded = try expandedKeys()
        for key in expanded.sorted() where kind.arguments[key] == nil {
            let near = Spelling.nearest(to: key, among: kind.arguments.keys).map { "; did you mean '\($0)'?" } ?? ""
            throw fields.error(
                .unknownKey, "\(kind.name) has no argument '\(key)' to expand over\(near)", key: "expand")
        }
        for key in kind.required where fields[key] == nil && !expanded.contains(key) {
            throw fields.error(.missingField, "\(kind.name) needs '\(key)'")
        }
        if kind.arguments["target_lower"] == "moment", fields["target_lower"] == nil, fields["target_upper"] == nil {
            throw fields.error(.missingField, "\(kind.name) needs 'target_lower' or 'target_upper'")
        }
        if kind.isPod, fields["image"] == nil, !expanded.contains("image") {
            throw fields.error(.missingField, "\(kind.name) needs 'image'")
        }
    }
}

/// A task group of a `dag.yaml`.
struct YAMLGroup {
    let name: String
    /// With the prefixes of the groups around it.
    let id: String
    let parent: String?
    let prefixes: Bool
    let fields: YAMLFields
    let defaults: YAMLFields?
    let dependencies: [YAMLNode]

    static let keys: Set<String> = [
        "group_name", "group_id", "tooltip", "prefix_group_id", "parent_group_name", "default_args", "dependencies",
        "group_display_name", "ui_color", "ui_fgcolor", "doc_md",
    ]

    func childID(_ label: String) -> String { prefixes ? "\(id).\(label)" : label }
}

extension YAMLDAGBuilder {
    /// `{name: {...}}` or `[{key: name, ...}]`.
    private func named(
        _ section: String, by key: String
    ) throws(DAGParsingError) -> [(name: String, fields: YAMLFields)] {
        guard let node = fields[section] else { return [] }
        let place = fields.place(section)
        var result: [(String, YAMLFields)] = []
        if let entries = node.entries {
            for entry in entries {
                let value = entry.value.isNull ? YAMLNode(content: .map([]), line: entry.line) : entry.value
                let inner = try YAMLFields(value, path: "\(place).\(entry.key)")
                result.append((entry.key, YAMLFields(entries: inner.entries, line: entry.line, path: inner.path)))
            }
            return result
        }
        guard let elements = node.elements else {
            throw node.error(.wrongType, "expected a mapping or a list, found \(node.json.shortText)", path: place)
        }
        for (index, element) in elements.enumerated() {
            let inner = try YAMLFields(element, path: "\(place)[\(index)]")
            guard let name = try inner.text(key) else {
                throw inner.error(.missingField, "an element of '\(section)' needs '\(key)'")
            }
            guard !result.contains(where: { $0.0 == name }) else {
                throw inner.error(.duplicate, "'\(name)' stands twice in '\(section)'", key: key)
            }
            result.append((name, inner.without([key])))
        }
        return result
    }

    mutating func readGroups() throws(DAGParsingError) {
        let all = try named("task_groups", by: "group_name")
        var open = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.fields) })
        for (name, _) in all { try readGroup(name, &open, path: []) }
        groupNames = all.map(\.name)
    }

    /// A parent is read before its children.
    private mutating func readGroup(
        _ name: String, _ open: inout [String: YAMLFields], path: [String]
    ) throws(DAGParsingError) {
        guard groups[name] == nil, let own = open[name] else { return }
        guard !path.contains(name) else {
            let circle = (path + [name]).joined(separator: " -> ")
            throw own.error(
                .invalidGraph, "the task groups are parents of each other: \(circle)", key: "parent_group_name")
        }
        try own.check(YAMLGroup.keys, of: "a task group")
        try Self.checkID(name, own, pattern: "letters, digits, dashes and underscores", extra: "-_")
        let parent = try own.text("parent_group_name")
        if let parent {
            guard open[parent] != nil else {
                throw own.error(.unknownTask, "there is no task group '\(parent)'", key: "parent_group_name")
            }
            try readGroup(parent, &open, path: path + [name])
        }
        let around = parent.flatMap { groups[$0] }
        let defaults = try own.map("default_args")?.renamed(YAMLTask.aliases)
        try defaults?.check(
            YAMLTask.keys.union(OperatorTable.shared.allArguments), of: "default_args", pythonOnly: YAMLTask.pythonOnly)
        groups[name] = YAMLGroup(
            name: name, id: around?.childID(name) ?? name, parent: parent,
            prefixes: try own.bool("prefix_group_id") ?? true, fields: own,
            defaults: defaults?.over(around?.defaults) ?? around?.defaults,
            dependencies: try YAMLTask.list(own, "dependencies"))
    }

    mutating func readTasks() throws(DAGParsingError) {
        let all = try named("tasks", by: "task_id")
        for (name, own) in all {
            let task = try YAMLTask(name: name, own, groups: groups, defaults: defaultArguments)
            if groups.values.contains(where: { $0.id == task.id }) || tasks.values.contains(where: { $0.id == task.id })
            {
                throw own.error(.duplicate, "the id '\(task.id)' is taken already")
            }
            tasks[name] = task
            taskNames.append(name)
        }
    }
}
