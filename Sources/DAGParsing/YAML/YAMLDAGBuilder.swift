import PipelineCore

/// Builds the document of one DAG out of its mapping.
struct YAMLDAGBuilder {
    let id: String
    let fields: YAMLFields
    let defaultArguments: YAMLFields?
    let timezone: String
    let moment: YAMLMoment
    var groups: [String: YAMLGroup] = [:]
    /// In the order of the file.
    var groupNames: [String] = []
    var tasks: [String: YAMLTask] = [:]
    var taskNames: [String] = []

    static let keys: Set<String> = [
        "dag_id", "dag_display_name", "description", "doc_md", "schedule", "timezone", "start_date", "end_date",
        "catchup", "max_active_runs", "max_active_tasks", "max_consecutive_failed_dag_runs", "dagrun_timeout",
        "fail_fast", "is_paused_upon_creation", "render_template_as_native_obj", "tags", "owner_links", "params",
        "default_args", "tasks", "task_groups", "allowed_run_types", "disable_bundle_versioning",
        "rerun_with_latest_version",
    ]
    static let aliases = [
        "dagrun_timeout_sec": "dagrun_timeout", "dagrun_timeout_secs": "dagrun_timeout",
        "concurrency": "max_active_tasks", "display_name": "dag_display_name", "schedule_interval": "schedule",
    ]
    private static let pythonOnly: Set<String> = [
        "user_defined_macros", "user_defined_filters", "jinja_environment_kwargs", "template_searchpath", "deadline",
        "template_undefined", "timetable", "access_control", "doc_md_python_callable_name",
        "doc_md_python_callable_file", "sla_miss_callback",
    ]

    init(id: String, _ own: YAMLFields, defaults: YAMLFields?, parser: YAMLDAGParser) throws(DAGParsingError) {
        self.id = id
        let own = try own.renamed(Self.aliases)
        let defaults = try defaults?.renamed(Self.aliases)
        try own.check(Self.keys, of: "a DAG", pythonOnly: Self.pythonOnly)
        try defaults?.check(Self.keys, of: "a DAG", pythonOnly: Self.pythonOnly)
        fields = own.over(defaults)
        try Self.checkID(id, fields, pattern: "letters, digits, dashes, dots and underscores", extra: "-._")
        let arguments = try own.map("default_args")?.renamed(YAMLTask.aliases)
        let behind = try defaults?.map("default_args")?.renamed(YAMLTask.aliases)
        defaultArguments = arguments?.over(behind) ?? behind
        let known = YAMLTask.keys.union(OperatorTable.shared.allArguments)
        try defaultArguments?.check(known, of: "default_args", pythonOnly: YAMLTask.pythonOnly)
        timezone = try fields.string("timezone") ?? "UTC"
        do {
            moment = YAMLMoment(now: parser.now, zone: try parser.zone(timezone))
        } catch {
            throw fields.error(.invalidValue, "unknown time zone '\(timezone)': \(error)", key: "timezone")
        }
    }

    static func checkID(
        _ id: String, _ fields: YAMLFields, pattern: String, extra: String
    ) throws(DAGParsingError) {
        let isFine =
            !id.isEmpty && id.count <= 250
            && id.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || $0.properties.numericType != nil || extra.unicodeScalars.contains($0)
            }
        guard isFine else {
            throw fields.error(.invalidValue, "the id '\(id)' may have up to 250 \(pattern) only")
        }
    }

    mutating func document(file: String, folder: String) throws(DAGParsingError) -> DAGDocument {
        try readGroups()
        try readTasks()
        let graph = try YAMLGraph(self)
        var dag = try header()
        dag["fileloc"] = .string("\(folder)/\(file)")
        dag["relative_fileloc"] = .string(file)
        dag["_processor_dags_folder"] = .string(folder)
        var native = JSONObject()
        var encoded: [JSONValue] = []
        for name in taskNames {
            guard let task = tasks[name] else { continue }
            let built = try YAMLTaskEncoder(task, builder: self).encoded(downstream: graph.downstream[task.id] ?? [])
            encoded.append(SerializedEncoding.encoded("operator", .object(built.serialized)))
            native[task.id] = .object(built.native)
        }
        dag["tasks"] = .array(encoded)
        dag["task_group"] = try groupTree(graph)
        try checkWhole(dag)
        return DAGDocument(json: [
            "__version": 3, "dag": .object(dag), "pipeline": ["native": .object(native), "python_only": [:]],
        ])
    }

    private func header() throws(DAGParsingError) -> JSONObject {
        var dag: JSONObject = ["dag_id": .string(id), "timezone": .string(timezone)]
        for key in ["dag_display_name", "description", "doc_md"] { dag[key] = try fields.text(key).map { .string($0) } }
        for key in [
            "fail_fast", "is_paused_upon_creation", "render_template_as_native_obj", "rerun_with_latest_version",
        ] {
            dag[key] = try fields.bool(key).map { .bool($0) }
        }
        dag["catchup"] = .bool(try fields.bool("catchup") ?? false)
        dag["disable_bundle_versioning"] = .bool(try fields.bool("disable_bundle_versioning") ?? false)
        for (key, fallback) in [
            ("max_active_runs", 16), ("max_active_tasks", 16), ("max_consecutive_failed_dag_runs", 0),
        ] {
            dag[key] = .int(try count(key) ?? fallback)
        }
        dag["dagrun_timeout"] = try fields.duration("dagrun_timeout").map { .double($0.inSeconds) }
        dag["start_date"] = try startDate().map { .double($0.seconds) }
        dag["end_date"] = try date(fields, "end_date").map { .double($0.seconds) }
        dag["tags"] = try fields.strings("tags").map { .array(Set($0).sorted().map { .string($0) }) }
        dag["owner_links"] = try fields.map("owner_links").map {
            .object(JSONObject($0.entries.map { ($0.key, $0.value.json) }))
        }
        dag["allowed_run_types"] = try fields.strings("allowed_run_types").map {
            .array($0.sorted().map { .string($0) })
        }
        dag["timetable"] = try YAMLSchedule(self).timetable()
        dag["params"] = .array(try YAMLParams.encoded(fields))
        dag["default_args"] = try defaultArguments.map { (arguments) throws(DAGParsingError) in
            try YAMLTaskEncoder.encoded(defaultArguments: arguments, moment: moment)
        }
        return dag
    }

    private func count(_ key: String) throws(DAGParsingError) -> Int? {
        guard let value = try fields.int(key) else { return nil }
        guard value >= 0 else { throw fields.error(.invalidValue, "expected 0 or more, found \(value)", key: key) }
        return value
    }

    /// The DAG's own, or that of `default_args`.
    private func startDate() throws(DAGParsingError) -> Timestamp? {
        if let own = try date(fields, "start_date") { return own }
        guard let defaultArguments else { return nil }
        return try date(defaultArguments, "start_date")
    }

    func date(_ fields: YAMLFields, _ key: String) throws(DAGParsingError) -> Timestamp? {
        guard let node = fields[key] else { return nil }
        guard let instant = moment.instant(node) else {
            throw node.error(
                .wrongType, "expected \(YAMLMoment.expected), found \(node.json.shortText)", path: fields.place(key))
        }
        return instant
    }

    /// What Airflow checks when a DAG is made. Source: Airflow 3.3 `sdk/definitions/dag.py` (`validate`).
    private func checkWhole(_ dag: JSONObject) throws(DAGParsingError) {
        let type = dag["timetable"]?["__type"]?.stringValue ?? ""
        if type.hasSuffix(".ContinuousTimetable"), let runs = dag["max_active_runs"]?.intValue, runs > 1 {
            throw fields.error(.invalidValue, "@continuous needs max_active_runs: 1", key: "max_active_runs")
        }
        if dag["fail_fast"] == true {
            for name in taskNames {
                guard let task = tasks[name], let rule = task.fields["trigger_rule"]?.text, rule != "all_success",
                    task.fields["is_teardown"]?.json != true
                else { continue }
                throw task.fields.error(
                    .invalidValue, "a DAG with fail_fast can have the trigger rule all_success only",
                    key: "trigger_rule")
            }
        }
        guard !type.hasSuffix(".NullTimetable"), !type.hasSuffix(".AssetTriggeredTimetable") else { return }
        do {
            try ParamsValidator.checkDefaults(SerializedDAGDecoder().params(dag["params"]))
        } catch let error as ParamError {
            throw fields.error(
                .invalidValue, "a DAG with a schedule needs valid defaults of its params: \(error)", key: "params")
        } catch {
            throw fields.error(.invalidValue, "\(error)", key: "params")
        }
    }
}
