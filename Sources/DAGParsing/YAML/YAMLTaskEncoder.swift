import PipelineCore

/// Writes a task as Airflow's serializer writes it, and the native part as the reader hands it over.
struct YAMLTaskEncoder {
    private let task: YAMLTask
    private let fields: YAMLFields
    private let builder: YAMLDAGBuilder

    init(_ task: YAMLTask, builder: YAMLDAGBuilder) {
        self.task = task
        fields = task.fields
        self.builder = builder
    }

    func encoded(downstream: [String]) throws(DAGParsingError) -> (serialized: JSONObject, native: JSONObject) {
        let arguments = try YAMLArguments(task, builder.moment).encoded()
        try checkTemplateFiles(arguments)
        var operation: JSONObject = [
            "task_id": .string(task.id), "template_fields": .array(task.kind.templateFields.map { .string($0) }),
        ]
        operation = operation.merging(task.kind.serialized)
        if !downstream.isEmpty { operation["downstream_task_ids"] = .array(downstream.map { .string($0) }) }
        let base = try baseArguments()
        return task.isMapped
            ? (try mapped(operation, base: base, arguments), try mappedNative(arguments))
            : (try plain(operation, base: base, arguments), try native(arguments))
    }

    private func plain(
        _ operation: JSONObject, base: JSONObject, _ arguments: JSONObject
    ) throws(DAGParsingError) -> JSONObject {
        var result = operation.merging(base)
        result["_needs_expansion"] = false
        result["retry_delay"] = base["retry_delay"] ?? 300.0
        if task.kind.isSensor { result["reschedule"] = .bool(arguments["mode"] == "reschedule") }
        let attributes = try instanceAttributes(arguments)
        for field in task.kind.templateFields {
            // What is inside the pod is no attribute of the native part, but shown with the task.
            let value = attributes[field] ?? arguments[field]
            guard let value, !value.isNull, !SerializedEncoding.isUnset(value) else { continue }
            result[field] = Self.templateText(value)
        }
        if task.kind.isPod, let resources = try YAMLPod(task, arguments).shownResources() {
            result["container_resources"] = resources
        }
        return result
    }

    /// Template fields are serialized for people: encoded spans become Python's text.
    private static func templateText(_ value: JSONValue) -> JSONValue {
        if case ("timedelta", let seconds)? = SerializedEncoding.parts(of: value), let number = seconds.doubleValue {
            return .string(YAMLSpan.pythonText(Duration(fractionalSeconds: number)))
        }
        return SerializedEncoding.plain(value)
    }

    private func mapped(
        _ operation: JSONObject, base: JSONObject, _ arguments: JSONObject
    ) throws(DAGParsingError) -> JSONObject {
        var result = operation
        // What an instance's own fields would say is not known before the expansion.
        for field in task.kind.templateFields { result[field] = nil }
        for key in ["reschedule", "start_trigger_args"] { result[key] = nil }
        var partial = JSONObject()
        for (key, value) in base {
            switch key {
            case "retry_delay", "max_retry_delay", "execution_timeout":
                partial[key] = SerializedEncoding.encoded("timedelta", value)
            case "start_date", "end_date": partial[key] = SerializedEncoding.encoded("datetime", value)
            case "is_setup", "is_teardown", "on_failure_fail_dagrun", "params": result[key] = value
            default: partial[key] = value
            }
        }
        for (key, value) in arguments where !value.isNull { partial[key] = value }
        result["_is_mapped"] = true
        result["_expand_input_attr"] = "expand_input"
        result["_disallow_kwargs_override"] = .bool(fields["expand_kwargs"] != nil)
        result["expand_input"] = try YAMLExpansion(task, builder.tasks).encoded()
        result["partial_kwargs"] = .object(partial)
        return result
    }

    private func native(_ arguments: JSONObject) throws(DAGParsingError) -> JSONObject {
        var entry: JSONObject = [
            "operator": .string(task.kind.path), "attributes": .object(try instanceAttributes(arguments)),
        ]
        if let pod = task.kind.pod { entry["pod"] = try YAMLPod(task, arguments).encoded(pod) }
        return entry
    }

    private func mappedNative(_ arguments: JSONObject) throws(DAGParsingError) -> JSONObject {
        var attributes = task.kind.parameters
        for (key, value) in arguments where !YAMLPod.isInside(key, task.kind) { attributes[key] = value }
        for key in ["do_xcom_push", "multiple_outputs"] {
            attributes[key] = try fields.bool(key).map { .bool($0) } ?? attributes[key]
        }
        var entry: JSONObject = [
            "operator": .string(task.kind.path), "mapped": true, "attributes": .object(attributes),
        ]
        if let pod = task.kind.pod {
            let others = try task.expandedKeys().subtracting(YAMLPod.overlays)
            guard others.isEmpty, fields["expand_kwargs"] == nil else {
                let names = others.isEmpty ? "expand_kwargs" : others.sorted().joined(separator: ", ")
                throw fields.error(
                    .pythonOnly, "a pod expanded over \(names) needs Python; write this DAG as a Python file")
            }
            entry["pod"] = try YAMLPod(task, arguments).encoded(pod)
        }
        return entry
    }

    /// The attributes of an instance with these arguments, as its constructor would leave them.
    private func instanceAttributes(_ arguments: JSONObject) throws(DAGParsingError) -> JSONObject {
        var attributes = task.kind.attributes
        for (key, value) in arguments where !YAMLPod.isInside(key, task.kind) { attributes[key] = value }
        for key in ["do_xcom_push", "multiple_outputs"] {
            attributes[key] = try fields.bool(key).map { .bool($0) } ?? attributes[key]
        }
        for (key, kind) in task.kind.arguments where kind == "seconds" {
            // Sensors keep their spans as floats.
            attributes[key] = attributes[key]?.doubleValue.map { .double($0) } ?? attributes[key]
        }
        switch task.kind.name {
        case "ExternalTaskSensor":
            if let one = arguments["external_task_id"], !one.isNull { attributes["external_task_ids"] = [one] }
        case "DayOfWeekSensor", "BranchDayOfWeekOperator":
            attributes["week_day_numbers"] = try YAMLArguments.weekdayNumbers(fields, "week_day")
        case "KubernetesPodOperator":
            // What follows from another argument unless it is given.
            for (key, source) in [
                ("container_logs", "base_container_name"), ("schedule_timeout_seconds", "startup_timeout_seconds"),
            ] where arguments[key] == nil {
                attributes[key] = arguments[source] ?? attributes[key]
            }
        default: break
        }
        return attributes
    }

    /// Airflow reads such a file when the task runs, below the folder of a Python file.
    private func checkTemplateFiles(_ arguments: JSONObject) throws(DAGParsingError) {
        let endings = task.kind.serialized["template_ext"]?.arrayValue?.compactMap(\.stringValue) ?? []
        for (key, value) in arguments {
            guard let text = value.stringValue, endings.contains(where: text.hasSuffix) else { continue }
            throw fields.error(
                .pythonOnly,
                "'\(text)' names a template file, which needs Python; end the command with a blank to run a script",
                key: key)
        }
    }
}

extension YAMLTaskEncoder {
    /// Arguments of every operator, without those that say what Airflow's schema says anyway.
    private func baseArguments() throws(DAGParsingError) -> JSONObject {
        var base = JSONObject()
        for key in ["owner", "queue", "pool", "map_index_template", "doc", "doc_md", "doc_json", "doc_yaml", "doc_rst"]
        {
            base[key] = try fields.text(key).map { .string($0) }
        }
        for key in ["retries", "priority_weight", "pool_slots", "max_active_tis_per_dag", "max_active_tis_per_dagrun"] {
            base[key] = try number(key)
        }
        for key in [
            "depends_on_past", "ignore_first_depends_on_past", "wait_for_past_depends_before_skipping",
            "wait_for_downstream", "is_setup", "is_teardown", "on_failure_fail_dagrun", "multiple_outputs",
        ] {
            if try fields.bool(key) == true { base[key] = true }
        }
        let pushes = try fields.bool("do_xcom_push") ?? (task.isMapped || task.kind.attributes["do_xcom_push"] != false)
        if !pushes { base["do_xcom_push"] = false }
        base["render_template_as_native_obj"] = try fields.bool("render_template_as_native_obj").map { .bool($0) }
        base[task.isMapped ? "task_display_name" : "_task_display_name"] =
            try fields.text("task_display_name").map { .string($0) }
        for key in ["retry_delay", "max_retry_delay", "execution_timeout"] {
            base[key] = try fields.duration(key).map { .double($0.inSeconds) }
        }
        for key in ["start_date", "end_date"] {
            base[key] = try builder.date(fields, key).map { .double($0.seconds) }
        }
        return try wordsAndAssets(base)
    }

    private func wordsAndAssets(_ given: JSONObject) throws(DAGParsingError) -> JSONObject {
        var base = given
        let rule = try fields.word("trigger_rule", TriggerRule.self)
        if try fields.bool("is_teardown") ?? false {
            base["trigger_rule"] = .string((rule ?? .allDoneSetupSuccess).rawValue)
        } else if let rule, rule != .allSuccess {
            base["trigger_rule"] = .string(rule.rawValue)
        }
        base["weight_rule"] = try fields.word("weight_rule", WeightWord.self).map { .string($0.rawValue) }
        if let node = fields["retry_exponential_backoff"] {
            guard node.json.boolValue != nil || node.json.doubleValue != nil else {
                throw node.error(
                    .wrongType, "expected a factor, true or false", path: fields.place("retry_exponential_backoff"))
            }
            base["retry_exponential_backoff"] = node.json
        }
        if let email = fields["email"] {
            base["email"] = email.json
            for key in ["email_on_retry", "email_on_failure"] {
                if try fields.bool(key) == false { base[key] = false }
            }
        }
        base["executor_config"] = try fields.map("executor_config").map {
            SerializedEncoding.encode(.object(JSONObject($0.entries.map { ($0.key, $0.value.json) })))
        }
        for key in ["inlets", "outlets"] { base[key] = try assets(key) }
        let params = try params()
        if !params.isEmpty { base["params"] = .array(params) }
        return base
    }

    enum WeightWord: String, CaseIterable { case downstream, upstream, absolute }

    private func number(_ key: String) throws(DAGParsingError) -> JSONValue? {
        guard let value = try fields.int(key) else { return nil }
        let least = key == "pool_slots" ? 1 : 0
        guard value >= least || key == "priority_weight" else {
            throw fields.error(.invalidValue, "expected \(least) or more, found \(value)", key: key)
        }
        return .int(value)
    }

    private func assets(_ key: String) throws(DAGParsingError) -> JSONValue? {
        guard let node = fields[key] else { return nil }
        var assets: [JSONValue] = []
        for (index, element) in (node.elements ?? [node]).enumerated() {
            assets.append(try YAMLAsset.encoded(element, path: "\(fields.place(key))[\(index)]"))
        }
        return assets.isEmpty ? nil : .array(assets)
    }

    /// The DAG's params and the task's own, told apart by their source.
    private func params() throws(DAGParsingError) -> [JSONValue] {
        let own = try YAMLParams.encoded(fields).map { pair -> JSONValue in
            var param = pair[1]?.objectValue ?? [:]
            param["source"] = "task"
            return [pair[0] ?? .null, .object(param)]
        }
        let names = Set(own.compactMap { $0[0]?.stringValue })
        return try YAMLParams.encoded(builder.fields).filter { !names.contains($0[0]?.stringValue ?? "") } + own
    }

    /// `default_args` for people, as Airflow serializes them.
    static func encoded(
        defaultArguments fields: YAMLFields, moment: YAMLMoment
    ) throws(DAGParsingError) -> JSONValue {
        var object = JSONObject()
        for entry in fields.entries where !entry.value.isNull {
            switch entry.key {
            case "retry_delay", "max_retry_delay", "execution_timeout":
                object[entry.key] = try fields.duration(entry.key).map {
                    SerializedEncoding.encoded("timedelta", .double($0.inSeconds))
                }
            case "start_date", "end_date":
                guard let instant = moment.instant(entry.value) else {
                    throw fields.error(.wrongType, "expected \(YAMLMoment.expected)", key: entry.key)
                }
                object[entry.key] = SerializedEncoding.encoded("datetime", .double(instant.seconds))
            default: object[entry.key] = SerializedEncoding.encode(entry.value.json)
            }
        }
        return SerializedEncoding.encoded("dict", .object(object))
    }
}
