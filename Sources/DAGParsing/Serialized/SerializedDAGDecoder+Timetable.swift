import PipelineCore

extension SerializedDAGDecoder {
    /// - Parameter encoded: `{"__type": import path, "__var": arguments}`
    func timetable(_ encoded: JSONValue) throws(DAGParsingError) -> TimetableDefinition {
        guard let path = encoded["__type"]?.stringValue else {
            throw DAGParsingError(.wrongType, "expected an encoded timetable, found \(encoded.shortText)")
        }
        let arguments = encoded["__var"] ?? [:]
        return try at("__var") { () throws(DAGParsingError) in
            try timetable(path: path, arguments: arguments) ?? .custom(path: path, arguments: arguments)
        }
    }

    /// `nil` for a timetable that only Python can evaluate: custom classes, and relative deltas with parts that
    /// ``TimetableDefinition/TimeDelta`` has no place for (a weekday, a fixed hour).
    private func timetable(
        path: String, arguments: JSONValue
    ) throws(DAGParsingError) -> TimetableDefinition? {
        guard let name = Self.stockTimetable(path) else { return nil }
        let fields = try Self.fields(of: SerializedEncoding.plainContainer(arguments))
        switch name {
        case "NullTimetable": return .null
        case "OnceTimetable": return .once
        case "ContinuousTimetable": return .continuous
        case "CronDataIntervalTimetable":
            return .cronDataInterval(
                expression: try fields.requiredString("expression"), timezone: try requiredTimezone(fields))
        case "CronTriggerTimetable", "MultipleCronTriggerTimetable": return try cronTrigger(name, fields)
        case "DeltaDataIntervalTimetable": return try delta(fields, "delta").map { .deltaDataInterval(delta: $0) }
        case "DeltaTriggerTimetable": return try deltaTrigger(fields)
        case "EventsTimetable": return try events(fields)
        case "AssetTriggeredTimetable": return .assetTriggered(condition: try assetCondition(fields))
        case "AssetOrTimeSchedule": return try assetOrTime(fields)
        case "CronPartitionTimetable": return try cronPartition(fields)
        case "PartitionedAssetTimetable": return .partitionedAsset(try partitionedAsset(fields))
        case "PartitionedAtRuntime": return .partitionedAtRuntime
        default: return nil
        }
    }

    /// The class name of a timetable of Airflow's own.
    private static func stockTimetable(_ path: String) -> String? {
        let modules = ["simple", "interval", "trigger", "events", "assets"].map { "airflow.timetables.\($0)." }
        guard let module = modules.first(where: path.hasPrefix) else { return nil }
        return String(path.dropFirst(module.count))
    }

    private func requiredTimezone(_ fields: SerializedFields) throws(DAGParsingError) -> String {
        try fields.required("timezone", timezone(fields, "timezone"))
    }

    private func cronTrigger(
        _ name: String, _ fields: SerializedFields
    ) throws(DAGParsingError) -> TimetableDefinition? {
        guard let interval = try delta(fields, "interval") else { return nil }
        guard interval.years == 0, interval.months == 0, interval.days == 0 else { return nil }
        let timezone = try requiredTimezone(fields)
        let immediately = try runImmediately(fields)
        if name == "CronTriggerTimetable" {
            return .cronTrigger(
                expression: try fields.requiredString("expression"), timezone: timezone, interval: interval.duration,
                runImmediately: immediately)
        }
        return .multipleCronTrigger(
            expressions: try fields.required("expressions", fields.strings("expressions")), timezone: timezone,
            interval: interval.duration, runImmediately: immediately)
    }

    /// An offset that is no number is none, as Airflow reads it.
    private func cronPartition(_ fields: SerializedFields) throws(DAGParsingError) -> TimetableDefinition {
        .cronPartition(
            expression: try fields.requiredString("expression"), timezone: try requiredTimezone(fields),
            runOffset: fields["run_offset"]?.intValue ?? 0, keyFormat: try fields.requiredString("key_format"),
            runImmediately: try runImmediately(fields))
    }

    private func partitionedAsset(_ fields: SerializedFields) throws(DAGParsingError) -> PartitionedAssetDefinition {
        let pairs = try fields.required("partition_mapper_config", fields.array("partition_mapper_config"))
        let mappings = try each(pairs, in: "partition_mapper_config") {
            (pair) throws(DAGParsingError) -> PartitionedAssetDefinition.Mapping in
            guard let encoded = pair[0], let mapper = pair[1] else {
                throw DAGParsingError(.wrongType, "expected an asset and its mapper, found \(pair.shortText)")
            }
            return PartitionedAssetDefinition.Mapping(asset: try asset(encoded), mapper: mapper)
        }
        return PartitionedAssetDefinition(
            condition: try assetCondition(fields), mappings: mappings,
            defaultMapper: try fields.required("default_partition_mapper", fields["default_partition_mapper"]))
    }

    private func runImmediately(
        _ fields: SerializedFields
    ) throws(DAGParsingError) -> TimetableDefinition.RunImmediately {
        switch fields["run_immediately"] {
        case nil, .bool(false)?: return .never
        case .bool(true)?: return .always
        default: return .within(try fields.required("run_immediately", fields.duration("run_immediately")))
        }
    }

    private func deltaTrigger(_ fields: SerializedFields) throws(DAGParsingError) -> TimetableDefinition? {
        guard let step = try delta(fields, "delta"), let interval = try delta(fields, "interval") else { return nil }
        return .deltaTrigger(delta: step, interval: interval)
    }

    private func events(_ fields: SerializedFields) throws(DAGParsingError) -> TimetableDefinition {
        var dates: [Timestamp] = []
        for text in try fields.required("event_dates", fields.strings("event_dates")) {
            guard let date = Timestamp(iso8601: text) else {
                throw DAGParsingError(.invalidValue, "'\(text)' is not a date in ISO 8601", path: "event_dates")
            }
            dates.append(date)
        }
        return .events(
            dates: dates, restrictToEvents: try fields.bool("restrict_to_events") ?? false,
            description: try fields.string("description"))
    }

    private func assetOrTime(_ fields: SerializedFields) throws(DAGParsingError) -> TimetableDefinition {
        let inner = try fields.required("timetable", fields["timetable"])
        let condition = try assetCondition(fields)
        return .assetOrTime(
            condition: condition,
            timetable: try at("timetable") { () throws(DAGParsingError) in try timetable(inner) })
    }

    private func assetCondition(_ fields: SerializedFields) throws(DAGParsingError) -> JSONValue {
        let condition = try fields.required("asset_condition", fields["asset_condition"])
        return try at("asset_condition") { () throws(DAGParsingError) in try asset(condition) }
    }

    /// A `timedelta` in seconds or a `relativedelta` as an object of its parts; `nil` for absent or absolute parts.
    private func delta(
        _ fields: SerializedFields, _ key: String
    ) throws(DAGParsingError) -> TimetableDefinition.TimeDelta? {
        let value = try fields.required(key, fields[key])
        if let parts = Self.relativeDelta(value) {
            return try at(key) { () throws(DAGParsingError) in try timeDelta(parts) }
        }
        return try fields.duration(key).map { TimetableDefinition.TimeDelta(duration: $0) }
    }

    private static func relativeDelta(_ value: JSONValue) -> JSONObject? {
        switch SerializedEncoding.parts(of: value) {
        case ("relativedelta", let content)?: content.objectValue
        case nil: value.objectValue
        default: nil
        }
    }

    private func timeDelta(_ parts: JSONObject) throws(DAGParsingError) -> TimetableDefinition.TimeDelta? {
        var delta = TimetableDefinition.TimeDelta()
        for (name, value) in parts {
            if name == "weekday" { return nil }
            guard let count = value.doubleValue else {
                throw DAGParsingError(.wrongType, "expected a number, found \(value.shortText)", path: name)
            }
            guard add(name, count, to: &delta) else { return nil }
        }
        return delta
    }

    /// False for parts that set instead of adding, and for calendar parts that are not whole.
    private func add(_ name: String, _ count: Double, to delta: inout TimetableDefinition.TimeDelta) -> Bool {
        let seconds: [String: Double] = [
            "hours": 3_600, "minutes": 60, "seconds": 1, "milliseconds": 0.001, "microseconds": 0.000_001,
        ]
        if let unit = seconds[name] {
            guard let part = Duration(checkedSeconds: count * unit) else { return false }
            delta.duration += part
            return true
        }
        guard let whole = Int(exactly: count), whole.magnitude < 1_000_000 else { return false }
        switch name {
        case "years": delta.years += whole
        case "months": delta.months += whole
        case "weeks": delta.days += 7 * whole
        case "days": delta.days += whole
        case "leapdays" where whole == 0: break
        default: return false
        }
        return true
    }
}
