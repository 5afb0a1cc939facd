import Jinja
import PipelineCore

/// `DateTimeSensor`. Source: apache-airflow-providers-standard `sensors/date_time.py`.
struct DateTimeSensorOperation: SensorOperation {
    static let operatorClass = "airflow.providers.standard.sensors.date_time.DateTimeSensor"
    static let templateFields = ["target_time"]

    let settings: SensorSettings
    private let target: Timestamp
    private let text: String

    init(_ attributes: NativeAttributes) throws {
        settings = try SensorSettings(attributes)
        guard let (target, text) = Self.target(attributes["target_time"]) else {
            throw attributes.failure("target_time", "a date and time")
        }
        (self.target, self.text) = (target, text)
    }

    /// Pendulum reads more forms than ISO 8601.
    static func pythonReason(_ attributes: NativeAttributes, _ launch: TaskLaunch) -> String? {
        let value = attributes["target_time"]
        if let text = value.stringValue, !Template.isPlain(text) { return nil }
        return target(value) == nil ? "its target_time is in a form that only Python reads" : nil
    }

    /// The moment, and how Python prints what was given.
    private static func target(_ value: JSONValue) -> (Timestamp, String)? {
        if let text = value.stringValue { return Timestamp(iso8601: text).map { ($0, text) } }
        switch PythonTime.bound(value) {
        case .instant(let instant): return (instant, PythonTime.text(instant))
        case .wall(let civil):
            let instant = civil.timestamp()
            return (instant, String(PythonTime.text(instant).dropLast("+00:00".count)))
        default: return nil
        }
    }

    func poke(_ context: NativeContext) async throws -> Bool {
        await context.started(nil)
        context.say("Checking if the time (\(text)) has come")
        return context.setup.wallClock.now() > target
    }
}
