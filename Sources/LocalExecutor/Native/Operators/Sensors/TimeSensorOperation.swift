import PipelineCore

/// `TimeSensor`: a time of day in the DAG's zone, on the day on which the task is launched.
/// Source: apache-airflow-providers-standard `sensors/time.py`.
struct TimeSensorOperation: SensorOperation {
    static let operatorClass = "airflow.providers.standard.sensors.time.TimeSensor"
    static let templateFields: [String] = []

    let settings: SensorSettings
    private let timeOfDay: CivilDate

    init(_ attributes: NativeAttributes) throws {
        settings = try SensorSettings(attributes)
        guard case .timeOfDay(let time, _)? = PythonTime.bound(attributes["target_time"]) else {
            throw attributes.failure("target_time", "a time of day")
        }
        timeOfDay = time
    }

    static func pythonReason(_ attributes: NativeAttributes, _ launch: TaskLaunch) -> String? {
        attributes.bool("deferrable", default: false) ? "it is deferrable" : nil
    }

    func execute(_ context: NativeContext) async throws -> NativeResult {
        let zone = try context.setup.zone(context.launch.dag.header.timezone)
        let target = target(on: zone.civil(context.setup.wallClock.now()), zone)
        return try await SensorLoop(
            sensor: Fixed(settings: settings, target: target), settings: settings, context: context
        ).run()
    }

    func poke(_ context: NativeContext) async throws -> Bool {
        preconditionFailure("the moment is fixed before the first poke")
    }

    private func target(on day: CivilDate, _ zone: ZoneRules) -> Timestamp {
        var civil = timeOfDay
        (civil.year, civil.month, civil.day) = (day.year, day.month, day.day)
        return zone.instant(civil)
    }

    /// The sensor once its day is known.
    private struct Fixed: SensorOperation {
        static let operatorClass = TimeSensorOperation.operatorClass
        static let templateFields: [String] = []
        let settings: SensorSettings
        let target: Timestamp

        init(settings: SensorSettings, target: Timestamp) {
            self.settings = settings
            self.target = target
        }

        init(_ attributes: NativeAttributes) throws { throw attributes.failure("target_time", "a moment") }

        func poke(_ context: NativeContext) async throws -> Bool {
            await context.started(nil)
            context.say("Checking if the time (\(PythonTime.text(target))) has come")
            return context.setup.wallClock.now() > target
        }
    }
}
