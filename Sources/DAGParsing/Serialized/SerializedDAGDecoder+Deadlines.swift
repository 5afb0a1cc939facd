import PipelineCore

extension SerializedDAGDecoder {
    /// Source: Airflow 3.3 `serialization/encoders.py` (`encode_deadline_alert`).
    func deadlines(_ fields: SerializedFields) throws(DAGParsingError) -> [DeadlineAlert] {
        try each(try fields.array("deadline") ?? [], in: "deadline") { (value) throws(DAGParsingError) in
            let content =
                switch SerializedEncoding.parts(of: value) {
                case ("deadline_alert", let inner)?: inner
                default: value
                }
            let alert = SerializedFields(try Self.object(content))
            return DeadlineAlert(
                name: try alert.string("name"), reference: try Self.reference(alert), interval: try Self.interval(alert),
                callback: try Self.callback(alert))
        }
    }

    private static func object(_ value: JSONValue) throws(DAGParsingError) -> JSONObject {
        guard let object = SerializedEncoding.plainContainer(value).objectValue else {
            throw DAGParsingError(.wrongType, "expected a deadline alert, found \(value.shortText)")
        }
        return object
    }

    private static func reference(_ alert: SerializedFields) throws(DAGParsingError) -> DeadlineAlert.Reference {
        let data = try alert.required("reference", try alert.object("reference"))
        let fields = SerializedFields(data)
        // A class of the author's may have the name of one of Airflow's.
        if let path = try fields.string("__class_path") { return .custom(path: path, data: data) }
        switch try fields.requiredString("reference_type") {
        case "DagRunLogicalDateDeadline": return .logicalDate
        case "DagRunQueuedAtDeadline": return .queuedAt
        case "FixedDatetimeDeadline": return .fixed(try fields.required("datetime", try fields.instant("datetime")))
        case "AverageRuntimeDeadline":
            let maxRuns = try fields.int("max_runs") ?? 10
            return .averageRuntime(maxRuns: maxRuns, minRuns: try fields.int("min_runs") ?? maxRuns)
        case let type:
            throw DAGParsingError(
                .unknownType, "unknown deadline reference '\(type)', which names no class to import", path: "reference")
        }
    }

    /// Seconds, as they were written once, or a value in the SDK's serde form.
    private static func interval(_ alert: SerializedFields) throws(DAGParsingError) -> DeadlineAlert.Interval {
        let value = try alert.required("interval", alert["interval"])
        if let duration = try? alert.duration("interval") { return .fixed(duration) }
        if let duration = SerdeTime.duration(value) { return .fixed(duration) }
        if value["__classname__"]?.stringValue?.hasSuffix("VariableInterval") == true,
            let key = value["__data__"]?["key"]?.stringValue
        {
            return .variable(key)
        }
        throw DAGParsingError(
            .wrongType, "expected a timedelta or a VariableInterval, found \(value.shortText)", path: "interval")
    }

    private static func callback(_ alert: SerializedFields) throws(DAGParsingError) -> DeadlineCallback {
        let value = try alert.required("callback", alert["callback"])
        guard let name = value["__classname__"]?.stringValue, let path = value["__data__"]?["path"]?.stringValue,
            let kind = ["AsyncCallback", "SyncCallback"].first(where: { name.hasSuffix(".\($0)") })
        else {
            throw DAGParsingError(
                .wrongType, "expected an AsyncCallback or a SyncCallback, found \(value.shortText)", path: "callback")
        }
        return DeadlineCallback(
            isAsync: kind == "AsyncCallback", path: path, kwargs: value["__data__"]?["kwargs"]?.objectValue ?? [:])
    }
}
