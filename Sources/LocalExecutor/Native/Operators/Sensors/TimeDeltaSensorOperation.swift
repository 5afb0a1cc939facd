import PipelineCore

/// `TimeDeltaSensor`. Source: apache-airflow-providers-standard `sensors/time_delta.py`.
struct TimeDeltaSensorOperation: SensorOperation {
    static let operatorClass = "airflow.providers.standard.sensors.time_delta.TimeDeltaSensor"
    static let templateFields = ["delta"]

    let settings: SensorSettings
    private let delta: Duration

    /// A `timedelta`, or minutes.
    init(_ attributes: NativeAttributes) throws {
        settings = try SensorSettings(attributes)
        let value = attributes["delta"]
        if let seconds = NativeAttributes.encoded("timedelta", value)?.doubleValue {
            delta = Duration(fractionalSeconds: seconds)
        } else if let number = value.doubleValue {
            delta = .seconds(60 * Int(number))
        } else {
            let text = value.stringValue ?? ""
            guard let minutes = Int(PythonText.stripped(text)) else {
                throw NativeFailure(
                    .failure, "invalid literal for int() with base 10: \(PythonText.repr(text))",
                    exception: "ValueError")
            }
            delta = .seconds(60 * minutes)
        }
    }

    static func pythonReason(_ attributes: NativeAttributes, _ launch: TaskLaunch) -> String? {
        attributes.bool("deferrable", default: false) ? "it is deferrable" : nil
    }

    func poke(_ context: NativeContext) async throws -> Bool {
        await context.started(nil)
        let run = context.launch.run
        // Airflow's context has a data interval only where there is a logical date.
        let base = (run.logicalDate == nil ? nil : run.dataIntervalEnd) ?? run.runAfter
        context.say(
            "Checking if the delta has elapsed base_time=\(PythonTime.text(base)), delta=\(PythonTime.text(delta))")
        return context.setup.wallClock.now() > base + delta
    }
}
