import PipelineCore

/// The `schedule` of a DAG: a preset, a cron expression, a time span, `null`, assets, or a mapping:
/// `{cron, timezone}`, `{delta}`, `{assets: [...] | {any: [...]} | {all: [...]}, timetable: schedule}`.
struct YAMLSchedule {
    let builder: YAMLDAGBuilder

    private static let presets = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *",
        "@quarterly": "0 0 1 */3 *", "@yearly": "0 0 1 1 *",
    ]

    init(_ builder: YAMLDAGBuilder) { self.builder = builder }

    func timetable() throws(DAGParsingError) -> JSONValue {
        guard let node = builder.fields["schedule"] else { return Self.encoded("simple.NullTimetable", [:]) }
        return try timetable(node, path: builder.fields.place("schedule"))
    }

    private func timetable(_ node: YAMLNode, path: String) throws(DAGParsingError) -> JSONValue {
        switch node.content {
        case .scalar(.string(let text), _): return try timetable(text: text, node, path: path)
        case .list:
            return Self.encoded("simple.AssetTriggeredTimetable", ["asset_condition": try condition(node, path)])
        case .map(let entries):
            let keys = Set(entries.map(\.key))
            if keys.isDisjoint(with: ["cron", "delta", "assets", "datasets"]), let span = YAMLSpan.duration(node) {
                return Self.delta(span)
            }
            return try timetable(YAMLFields(node, path: path), node)
        default:
            throw node.error(.wrongType, "expected a schedule, found \(node.json.shortText)", path: path)
        }
    }

    private func timetable(text: String, _ node: YAMLNode, path: String) throws(DAGParsingError) -> JSONValue {
        switch text.trimmed.lowercased() {
        case "none": return Self.encoded("simple.NullTimetable", [:])
        case "@once": return Self.encoded("simple.OnceTimetable", [:])
        case "@continuous": return Self.encoded("simple.ContinuousTimetable", [:])
        default: break
        }
        if let span = YAMLSpan.duration(node) { return Self.delta(span) }
        return try cron(text, timezone: builder.timezone, node, path: path)
    }

    private func cron(
        _ text: String, timezone: String, _ node: YAMLNode, path: String
    ) throws(DAGParsingError) -> JSONValue {
        let expression = Self.presets[text] ?? text
        do {
            _ = try CronExpression(expression)
        } catch {
            let near = Spelling.nearest(to: text, among: Array(Self.presets.keys) + ["@once", "@continuous"])
            let hint = near.map { "; did you mean '\($0)'?" } ?? ""
            throw node.error(.invalidValue, "'\(text)' is no schedule: \(error)\(hint)", path: path)
        }
        return Self.encoded(
            "trigger.CronTriggerTimetable",
            [
                "expression": .string(expression), "timezone": .string(timezone), "interval": 0.0,
                "run_immediately": false,
            ])
    }

    private func timetable(_ fields: YAMLFields, _ node: YAMLNode) throws(DAGParsingError) -> JSONValue {
        let fields = try fields.renamed(["datasets": "assets", "cron_expression": "cron"])
        try fields.check(["cron", "timezone", "delta", "assets", "timetable"], of: "a schedule")
        if let assets = fields["assets"] {
            let condition = try condition(assets, fields.place("assets"))
            guard let inner = fields["timetable"] else {
                return Self.encoded("simple.AssetTriggeredTimetable", ["asset_condition": condition])
            }
            let timetable = try timetable(inner, path: fields.place("timetable"))
            return Self.encoded("assets.AssetOrTimeSchedule", ["asset_condition": condition, "timetable": timetable])
        }
        if let span = try fields.duration("delta") { return Self.delta(span) }
        guard let text = try fields.string("cron"), let place = fields["cron"] else {
            throw node.error(
                .missingField, "a schedule in a mapping needs 'cron', 'delta' or 'assets'", path: fields.path)
        }
        let zone = try fields.string("timezone") ?? builder.timezone
        return try cron(text, timezone: zone, place, path: fields.place("cron"))
    }

    /// A list means all of them; `any`, `all` (dag-factory: `or`, `and`) nest.
    private func condition(_ node: YAMLNode, _ path: String) throws(DAGParsingError) -> JSONValue {
        if let elements = node.elements { return try group("asset_all", elements, node, path) }
        if let entries = node.entries, entries.count == 1, let elements = entries[0].value.elements {
            switch entries[0].key {
            case "any", "or", "__or__": return try group("asset_any", elements, node, path)
            case "all", "and", "__and__": return try group("asset_all", elements, node, path)
            default: break
            }
        }
        return try YAMLAsset.flat(node, path: path)
    }

    private func group(
        _ type: String, _ elements: [YAMLNode], _ node: YAMLNode, _ path: String
    ) throws(DAGParsingError) -> JSONValue {
        guard !elements.isEmpty else { throw node.error(.invalidValue, "expected at least one asset", path: path) }
        var objects: [JSONValue] = []
        for (index, element) in elements.enumerated() { objects.append(try condition(element, "\(path)[\(index)]")) }
        return ["__type": .string(type), "objects": .array(objects)]
    }

    private static func delta(_ span: Duration) -> JSONValue {
        encoded("trigger.DeltaTriggerTimetable", ["delta": .double(span.inSeconds), "interval": 0.0])
    }

    private static func encoded(_ name: String, _ arguments: JSONValue) -> JSONValue {
        SerializedEncoding.encoded("airflow.timetables.\(name)", arguments)
    }
}

/// An asset: its URI or name, or `{name, uri, group, extra}`, or `{alias: name}`.
enum YAMLAsset {
    /// As conditions hold it.
    static func flat(_ node: YAMLNode, path: String) throws(DAGParsingError) -> JSONValue {
        if let text = node.json.stringValue?.trimmed, !text.isEmpty {
            return ["__type": "asset", "name": .string(text), "uri": .string(text), "group": "asset", "extra": [:]]
        }
        let fields = try YAMLFields(node, path: path)
        try fields.check(["name", "uri", "group", "extra", "alias"], of: "an asset")
        let group = try fields.string("group") ?? "asset"
        if let alias = try fields.string("alias") {
            return ["__type": "asset_alias", "name": .string(alias), "group": .string(group)]
        }
        let given = (try fields.string("name"), try fields.string("uri"))
        guard let name = given.0 ?? given.1, let uri = given.1 ?? given.0 else {
            throw fields.error(.missingField, "an asset needs a name or a uri")
        }
        let extra = try fields.map("extra").map { JSONObject($0.entries.map { ($0.key, $0.value.json) }) } ?? [:]
        return [
            "__type": "asset", "name": .string(name), "uri": .string(uri), "group": .string(group),
            "extra": .object(extra),
        ]
    }

    /// As inlets and outlets hold it.
    static func encoded(_ node: YAMLNode, path: String) throws(DAGParsingError) -> JSONValue {
        var object = try flat(node, path: path).objectValue ?? [:]
        let type = object["__type"]?.stringValue ?? "asset"
        object["__type"] = nil
        return SerializedEncoding.encoded(type, .object(object))
    }
}

extension String {
    /// Without white space at both ends.
    var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
