import PipelineCore

extension SerializedDAGDecoder {
    func header(_ encoded: JSONObject) throws(DAGParsingError) -> DAGHeader {
        let fields = SerializedFields(encoded)
        var header = DAGHeader(id: try fields.requiredString("dag_id"))
        try describe(&header, fields)
        try schedule(&header, fields)
        try limit(&header, fields)
        header.params = try params(fields["params"])
        header.defaultArguments = SerializedEncoding.plain(fields["default_args"] ?? .null)
        header.deadlines = try deadlines(fields)
        return header
    }

    private func describe(_ header: inout DAGHeader, _ fields: SerializedFields) throws(DAGParsingError) {
        header.displayName = try fields.string("dag_display_name")
        header.description = try fields.string("description")
        header.docMarkdown = try fields.string("doc_md")
        header.tags = try fields.strings("tags") ?? []
        header.fileLocation = try fields.string("fileloc") ?? ""
        header.relativeFileLocation = try fields.string("relative_fileloc") ?? ""
        header.renderTemplateAsNativeObject = try fields.bool("render_template_as_native_obj") ?? false
        // Airflow reads the presence of the key, whatever it holds.
        header.hasOnSuccessCallback = fields["has_on_success_callback"] != nil
        header.hasOnFailureCallback = fields["has_on_failure_callback"] != nil
    }

    private func schedule(_ header: inout DAGHeader, _ fields: SerializedFields) throws(DAGParsingError) {
        header.timezone = try timezone(fields, "timezone") ?? "UTC"
        header.startDate = try fields.instant("start_date")
        header.endDate = try fields.instant("end_date")
        header.catchup = try fields.bool("catchup") ?? false
        header.isPausedUponCreation = try fields.bool("is_paused_upon_creation")
        header.allowedRunTypes = try runTypes(fields)
        header.rerunWithLatestVersion = try fields.bool("rerun_with_latest_version")
        guard let timetable = fields["timetable"] else { return }
        header.timetable = try at("timetable") { () throws(DAGParsingError) in try self.timetable(timetable) }
    }

    private func limit(_ header: inout DAGHeader, _ fields: SerializedFields) throws(DAGParsingError) {
        header.maxActiveRuns = try fields.int("max_active_runs") ?? header.maxActiveRuns
        header.maxActiveTasks = try fields.int("max_active_tasks") ?? header.maxActiveTasks
        header.maxConsecutiveFailedRuns = try fields.int("max_consecutive_failed_dag_runs") ?? 0
        header.dagRunTimeout = try fields.duration("dagrun_timeout")
        header.failFast = try fields.bool("fail_fast") ?? false
    }

    private func runTypes(_ fields: SerializedFields) throws(DAGParsingError) -> [RunType]? {
        guard let names = try fields.strings("allowed_run_types"), !names.isEmpty else { return nil }
        var types: [RunType] = []
        for name in names {
            guard let type = RunType(rawValue: name) else {
                throw DAGParsingError(.invalidValue, "unknown run type '\(name)'", path: "allowed_run_types")
            }
            types.append(type)
        }
        return types
    }

    /// A zone's name, or the offset of a fixed zone, which Airflow writes in seconds, as `+01:00`.
    func timezone(_ fields: SerializedFields, _ key: String) throws(DAGParsingError) -> String? {
        guard let value = fields[key] else { return nil }
        let content: JSONValue =
            switch SerializedEncoding.parts(of: value) {
            case ("timezone", let inner)?: inner
            default: value
            }
        if let name = content.stringValue { return name }
        guard let seconds = content.intValue, seconds.magnitude < 86_400 else {
            throw DAGParsingError(.wrongType, "expected a time zone, found \(value.shortText)", path: key)
        }
        return Self.offsetName(seconds)
    }

    static func offsetName(_ seconds: Int) -> String {
        guard seconds != 0 else { return "UTC" }
        let size = abs(seconds)
        let rest = size % 60 == 0 ? "" : ":\((size % 60).padded(2))"
        return "\(seconds < 0 ? "-" : "+")\((size / 3_600).padded(2)):\((size / 60 % 60).padded(2))\(rest)"
    }

    /// Parameters as a list of `[name, param]`, which keeps their order, or as an object, as older versions wrote them.
    func params(_ encoded: JSONValue?) throws(DAGParsingError) -> [DAGParam] {
        try at("params") { () throws(DAGParsingError) in
            try Self.pairs(encoded ?? .null).map { (pair) throws(DAGParsingError) in
                try param(name: pair.0, pair.1)
            }
        }
    }

    static func pairs(_ encoded: JSONValue) throws(DAGParsingError) -> [(String, JSONValue)] {
        switch SerializedEncoding.plainContainer(encoded) {
        case .null: return []
        case .object(let object): return object.map { ($0.key, $0.value) }
        case .array(let elements):
            return try elements.map { (element) throws(DAGParsingError) in
                guard let name = element[0]?.stringValue, let value = element[1] else {
                    throw DAGParsingError(.wrongType, "expected [name, param], found \(element.shortText)")
                }
                return (name, value)
            }
        default: throw DAGParsingError(.wrongType, "expected a list of [name, param], found \(encoded.shortText)")
        }
    }

    private func param(name: String, _ encoded: JSONValue) throws(DAGParsingError) -> DAGParam {
        guard let object = encoded.objectValue, object["__class"] != nil else {
            return DAGParam(name: name, value: SerializedEncoding.plain(encoded))
        }
        return try at(name) { () throws(DAGParsingError) in
            let fields = SerializedFields(object)
            return DAGParam(
                name: name, value: Self.paramDefault(object["default"] ?? .null),
                description: try fields.string("description"),
                schema: SerializedEncoding.plain(fields["schema"] ?? [:]).objectValue ?? JSONObject())
        }
    }

    /// `nil` where the parameter has no default (`arg_not_set`).
    static func paramDefault(_ encoded: JSONValue) -> JSONValue? {
        if case ("arg_not_set", _)? = SerializedEncoding.parts(of: encoded) { return nil }
        return SerializedEncoding.plain(encoded)
    }
}
