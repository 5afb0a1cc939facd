import PipelineCore

extension SerializedDAGDecoder {
    func tasks(
        _ text: JSONText, clientDefaults: JSONObject, header: DAGHeader
    ) throws(DAGParsingError) -> [TaskDefinition] {
        let strings = JSONStrings()
        let pool = TaskTraitsPool()
        return try each(try Self.elements(of: text), in: "tasks") { (text) throws(DAGParsingError) in
            let value = try Self.value(of: text, sharing: strings)
            guard case ("operator", let content)? = SerializedEncoding.parts(of: value),
                let object = content.objectValue
            else { throw DAGParsingError(.unknownType, "expected an encoded operator, found \(value.shortText)") }
            var task = try task(SerializedTask(object, clientDefaults: clientDefaults), header: header, strings)
            task.share(in: pool)
            return task
        }
    }

    private static func elements(of text: JSONText) throws(DAGParsingError) -> [JSONText] {
        do {
            if let elements = try text.elements() { return elements }
        } catch {
            throw DAGDocument.syntaxError(error)
        }
        let found = try value(of: text).shortText
        throw DAGParsingError(.wrongType, "expected a list, found \(found)", path: "tasks")
    }

    private static func value(
        of text: JSONText, sharing strings: JSONStrings? = nil
    ) throws(DAGParsingError) -> JSONValue {
        do { return try text.value(sharing: strings) } catch { throw DAGDocument.syntaxError(error) }
    }

    private func task(
        _ source: SerializedTask, header: DAGHeader, _ strings: JSONStrings
    ) throws(DAGParsingError) -> TaskDefinition {
        let own = source.own
        var task = TaskDefinition(
            id: try own.requiredString("task_id"), operatorName: try own.requiredString("task_type"))
        try identify(&task, source)
        try link(&task, source.fields)
        try retry(&task, source.fields)
        task.callbacks = try callbacks(source.fields)
        try limit(&task, source, header: header)
        try lookAtPast(&task, source.fields)
        try assets(&task, source.fields)
        task.expandInput = try expandInput(of: source)
        task.isReschedulable = try isReschedulable(source, task.expandInput)
        task.startInTrigger = try startInTrigger(source)
        task.isEmpty = try isEmpty(task, source)
        task.attributes = try attributes(source)
        try addExtras(to: &task, strings)
        return task
    }

    private func identify(_ task: inout TaskDefinition, _ source: SerializedTask) throws(DAGParsingError) {
        task.operatorModule = try source.own.string("_task_module") ?? ""
        task.owner = try source.fields.string("owner") ?? task.owner
        task.templateFields = try source.own.strings("template_fields") ?? []
        task.canSkipDownstream = try source.own.bool("_can_skip_downstream") ?? false
        task.mapIndexTemplate = try source.fields.string("map_index_template")
    }

    private func link(_ task: inout TaskDefinition, _ fields: SerializedFields) throws(DAGParsingError) {
        task.downstream = try fields.strings("downstream_task_ids") ?? []
        task.isSetup = try fields.bool("is_setup") ?? false
        task.isTeardown = try fields.bool("is_teardown") ?? false
        task.onFailureFailDagRun = try fields.bool("on_failure_fail_dagrun") ?? false
        guard let name = try fields.string("trigger_rule") else { return }
        guard let rule = TriggerRule(rawValue: name) else {
            let rules = TriggerRule.allCases.map(\.rawValue).sorted().joined(separator: ", ")
            throw DAGParsingError(
                .invalidValue, "unknown trigger rule '\(name)'; there are \(rules)", path: "trigger_rule")
        }
        task.triggerRule = rule
    }

    private func retry(_ task: inout TaskDefinition, _ fields: SerializedFields) throws(DAGParsingError) {
        task.retry.retries = try fields.int("retries") ?? 0
        task.retry.delay = try fields.duration("retry_delay") ?? task.retry.delay
        task.retry.maximumDelay = try fields.duration("max_retry_delay")
        task.retry.hasPolicy = try fields.bool("has_retry_policy") ?? false
        task.retry.exponentialBackoff = try exponentialBackoff(fields)
    }

    private func callbacks(_ fields: SerializedFields) throws(DAGParsingError) -> TaskCallbacks {
        var callbacks = TaskCallbacks()
        callbacks.hasOnFailure = try fields.bool("has_on_failure_callback") ?? false
        callbacks.hasOnRetry = try fields.bool("has_on_retry_callback") ?? false
        callbacks.hasEmail = fields["email"].map { SerializedEncoding.plainContainer($0).isTruthy } ?? false
        callbacks.emailOnFailure = try fields.bool("email_on_failure") ?? true
        callbacks.emailOnRetry = try fields.bool("email_on_retry") ?? true
        return callbacks
    }

    /// A factor; `true`, its older form, doubles the delay.
    private func exponentialBackoff(_ fields: SerializedFields) throws(DAGParsingError) -> Double {
        let key = "retry_exponential_backoff"
        switch fields[key] {
        case nil, .bool(false)?: return 0
        case .bool(true)?: return 2
        case let value?:
            guard let factor = value.doubleValue, factor.isFinite else {
                throw DAGParsingError(.wrongType, "expected a factor, found \(value.shortText)", path: key)
            }
            return factor
        }
    }

    private func limit(
        _ task: inout TaskDefinition, _ source: SerializedTask, header: DAGHeader
    ) throws(DAGParsingError) {
        let fields = source.fields
        task.executionTimeout = try fields.duration("execution_timeout")
        task.startDate = try fields.instant("start_date") ?? header.startDate
        task.endDate = try fields.instant("end_date") ?? header.endDate
        task.pool = try fields.string("pool") ?? task.pool
        task.poolSlots = try fields.int("pool_slots") ?? task.poolSlots
        task.priorityWeight = try fields.int("priority_weight") ?? task.priorityWeight
        task.weightRule = try weightRule(task, fields)
        task.queue = try fields.string("queue") ?? task.queue
        task.executor = try fields.string("executor")
        task.executorConfig = fields["executor_config"] ?? .null
        task.maxActiveTIsPerDag = try fields.int("max_active_tis_per_dag")
        task.maxActiveTIsPerDagRun = try fields.int("max_active_tis_per_dagrun")
    }

    private func weightRule(_ task: TaskDefinition, _ fields: SerializedFields) throws(DAGParsingError) -> WeightRule {
        switch try fields.string("weight_rule") {
        case nil, "downstream"?: .downstream
        case "upstream"?: .upstream
        case "absolute"?: .absolute
        case let path?: .custom(path: path, weight: extras.weights[task.id]?.intValue ?? task.priorityWeight)
        }
    }

    private func lookAtPast(_ task: inout TaskDefinition, _ fields: SerializedFields) throws(DAGParsingError) {
        task.waitForDownstream = try fields.bool("wait_for_downstream") ?? false
        // The SDK's BaseOperator sets the one with the other; a mapped operator has no instance that would.
        task.dependsOnPast = try fields.bool("depends_on_past") ?? false || task.waitForDownstream
        task.ignoreFirstDependsOnPast = try fields.bool("ignore_first_depends_on_past") ?? false
        task.waitForPastDependsBeforeSkipping =
            try fields.bool("wait_for_past_depends_before_skipping") ?? false
    }

    private func assets(_ task: inout TaskDefinition, _ fields: SerializedFields) throws(DAGParsingError) {
        task.inlets = try each(try fields.array("inlets") ?? [], in: "inlets", asset)
        task.outlets = try each(try fields.array("outlets") ?? [], in: "outlets", asset)
    }

    private func expandInput(of source: SerializedTask) throws(DAGParsingError) -> ExpandInput? {
        guard source.isMapped else { return nil }
        let key = try source.own.string("_expand_input_attr") ?? "expand_input"
        let encoded = try source.own.required(key, source.own[key])
        return try at(key) { () throws(DAGParsingError) in try expandInput(encoded) }
    }

    /// Plain sensors carry the answer; a mapped one carries its arguments.
    private func isReschedulable(_ source: SerializedTask, _ input: ExpandInput?) throws(DAGParsingError) -> Bool {
        guard source.isMapped else { return try source.own.bool("reschedule") ?? false }
        guard try source.own.bool("_is_sensor") ?? false else { return false }
        if case .dictOfLists(let arguments)? = input, arguments.contains(where: { $0.name == "mode" }) { return true }
        return source.partial["mode"]?.stringValue == "reschedule"
    }

    /// Sensors whose trigger waits for a time of the day on which the file was read; a file is read once.
    private static let timeSensors: Set<String> = ["TimeSensor", "TimeSensorAsync"]

    /// The trigger in which the task begins. A mapped task begins in a worker, which knows its arguments: what is
    /// serialized are those of its class. Source: Airflow 3.3 `serialized_objects.py` (`_encode_start_trigger_args`).
    private func startInTrigger(_ source: SerializedTask) throws(DAGParsingError) -> TaskOutcome.Deferral? {
        guard try source.own.bool("start_from_trigger") ?? false, !source.isMapped,
            !Self.timeSensors.contains(try source.own.requiredString("task_type")),
            let encoded = try source.own.object("start_trigger_args")
        else { return nil }
        return try at("start_trigger_args") { () throws(DAGParsingError) in
            let fields = SerializedFields(encoded)
            return TaskOutcome.Deferral(
                triggerClass: try fields.requiredString("trigger_cls"),
                triggerKwargs: encoded["trigger_kwargs"] ?? .null, timeout: try fields.duration("timeout"),
                nextMethod: try fields.requiredString("next_method"), nextKwargs: encoded["next_kwargs"] ?? .null)
        }
    }

    /// Source: Airflow 3.3 `models/taskinstance.py` (`is_task_schedulable`).
    private func isEmpty(_ task: TaskDefinition, _ source: SerializedTask) throws(DAGParsingError) -> Bool {
        guard try source.own.bool("_is_empty") ?? false, task.inlets.isEmpty, task.outlets.isEmpty else { return false }
        let executes = try source.fields.bool("has_on_execute_callback") ?? false
        let succeeds = try source.fields.bool("has_on_success_callback") ?? false
        return !executes && !succeeds
    }

    /// Everything that has no field of its own in ``TaskDefinition``, with containers in JSON's own form.
    private func attributes(_ source: SerializedTask) throws(DAGParsingError) -> JSONObject {
        var attributes = JSONObject()
        for layer in source.fields.layers.reversed() {
            for (key, value) in layer where !SerializedTask.decodedKeys.contains(key) {
                attributes[key] = SerializedEncoding.plain(value)
            }
        }
        let params = try taskParams(source)
        if !params.isEmpty { attributes["params"] = .object(params) }
        return attributes
    }

    /// Defaults of the parameters that the task itself declares; the DAG's are in the header.
    private func taskParams(_ source: SerializedTask) throws(DAGParsingError) -> JSONObject {
        var params = JSONObject()
        let pairs = try at("params") { () throws(DAGParsingError) in try Self.pairs(source.fields["params"] ?? .null) }
        for (name, encoded) in pairs where encoded["source"]?.stringValue == "task" {
            params[name] = Self.paramDefault(encoded["default"] ?? .null)
        }
        return params
    }

    private func addExtras(to task: inout TaskDefinition, _ strings: JSONStrings) throws(DAGParsingError) {
        task.pythonReason = extras.pythonOnly[task.id]?.stringValue
        guard let text = extras.native[task.id] else { return }
        let native = try Self.value(of: text, sharing: strings)
        guard let name = native["operator"]?.stringValue else { return }
        var attributes = SerializedEncoding.plain(native["attributes"] ?? [:]).objectValue ?? JSONObject()
        for key in attributes.keys where SerializedEncoding.isUnset(attributes[key]) { attributes[key] = nil }
        // Kubernetes JSON: it is what it is, and nothing in it is encoded.
        if let pod = native["pod"] { attributes["pod"] = pod }
        task.native = NativeOperator(operatorClass: name, attributes: attributes)
    }
}

/// One serialized operator and the layers in which its fields are looked up.
struct SerializedTask {
    /// What the operator itself says.
    let own: SerializedFields
    /// Arguments of a mapped operator, which stand in `partial_kwargs`.
    let partial: JSONObject
    /// `partial_kwargs`, then the operator, then `client_defaults`.
    let fields: SerializedFields
    let isMapped: Bool

    init(_ encoded: JSONObject, clientDefaults: JSONObject) throws(DAGParsingError) {
        let object = Self.upgraded(encoded)
        own = SerializedFields(object)
        isMapped = try own.bool("_is_mapped") ?? false
        partial = isMapped ? Self.upgraded(try own.object("partial_kwargs") ?? JSONObject()) : JSONObject()
        fields = SerializedFields(partial, object, clientDefaults)
    }

    /// Names that earlier releases of the same version used. Source: `_preprocess_encoded_operator`.
    private static func upgraded(_ object: JSONObject) -> JSONObject {
        var result = object
        for (old, new) in renamed {
            guard let value = result[old] else { continue }
            result[old] = nil
            result[new] = value
        }
        for callback in callbacks {
            guard let value = result["on_\(callback)_callback"] else { continue }
            result["on_\(callback)_callback"] = nil
            result["has_on_\(callback)_callback"] = .bool(value.isTruthy)
        }
        return result
    }

    private static let renamed = [
        ("task_display_name", "_task_display_name"), ("_downstream_task_ids", "downstream_task_ids"),
        ("_task_type", "task_type"), ("_outlets", "outlets"), ("_inlets", "inlets"),
        ("_on_failure_fail_dagrun", "on_failure_fail_dagrun"),
    ]
    private static let callbacks = ["execute", "failure", "success", "retry", "skipped"]

    /// Keys that have a field in ``TaskDefinition``, or that only lay out the serialized form or Airflow's pages.
    static let decodedKeys: Set<String> = [
        "_can_skip_downstream", "_disallow_kwargs_override", "_expand_input_attr", "_is_empty", "_is_mapped",
        "_is_sensor", "_logger_name", "_needs_expansion", "_task_module",
        "depends_on_past", "downstream_task_ids", "end_date", "execution_timeout", "executor", "executor_config",
        "expand_input", "has_retry_policy", "ignore_first_depends_on_past", "inlets", "is_setup", "is_teardown",
        "label", "map_index_template", "max_active_tis_per_dag", "max_active_tis_per_dagrun", "max_retry_delay",
        "on_failure_fail_dagrun", "op_kwargs_expand_input", "outlets", "owner", "params", "partial_kwargs", "pool",
        "pool_slots", "priority_weight", "python_callable_name", "queue", "reschedule", "retries", "retry_delay",
        "retry_exponential_backoff", "start_date", "start_from_trigger", "start_trigger_args", "task_id", "task_type",
        "template_ext", "template_fields",
        "template_fields_renderers", "trigger_rule", "ui_color", "ui_fgcolor", "wait_for_downstream",
        "wait_for_past_depends_before_skipping", "weight_rule",
    ]
}

extension SerializedEncoding {
    static func isUnset(_ value: JSONValue?) -> Bool {
        guard let value, case ("arg_not_set", _)? = parts(of: value) else { return false }
        return true
    }
}

extension JSONValue {
    /// Python's idea of truth.
    var isTruthy: Bool {
        switch self {
        case .null: false
        case .bool(let flag): flag
        case .int(let number): number != 0
        case .double(let number): number != 0
        case .string(let text): !text.isEmpty
        case .array(let elements): !elements.isEmpty
        case .object(let object): !object.isEmpty
        }
    }
}
