import PipelineCore

/// A line that Airflow's worker prints: JSON of its own log, or whatever a program below it writes.
struct WorkerLogLine {
    var event: String
    var level = TaskLog.Level.info
    var logger = "task"
    /// Everything else that the line says.
    var fields: JSONObject = [:]

    init(_ text: String) {
        guard text.hasPrefix("{"), case .object(var fields)? = try? JSONValue.parse(text),
            let event = fields["event"]?.stringValue
        else {
            self.event = text
            return
        }
        self.event = event
        level = fields["level"]?.stringValue.map(Self.level) ?? .info
        logger = fields["logger"]?.stringValue ?? logger
        for key in ["timestamp", "event", "level", "logger"] { fields[key] = nil }
        if let exception = fields["exception"] {
            fields["exception"] = nil
            fields["error_detail"] = exception
        }
        self.fields = fields
    }

    private static func level(_ name: String) -> TaskLog.Level {
        switch name {
        case "warn": .warning
        case "exception": .error
        default: TaskLog.Level(rawValue: name) ?? .info
        }
    }
}
