import PipelineCore

/// `DayOfWeekSensor`. Source: apache-airflow-providers-standard `sensors/weekday.py`.
struct DayOfWeekSensorOperation: SensorOperation {
    static let operatorClass = "airflow.providers.standard.sensors.weekday.DayOfWeekSensor"
    static let templateFields: [String] = []

    let settings: SensorSettings
    private let weekdays: Weekdays
    private let usesLogicalDate: Bool

    init(_ attributes: NativeAttributes) throws {
        settings = try SensorSettings(attributes)
        weekdays = try Weekdays(attributes)
        usesLogicalDate = attributes.bool("use_task_logical_date", default: false)
    }

    func poke(_ context: NativeContext) async throws -> Bool {
        await context.started(nil)
        let today = PythonTime.isoWeekday(CivilDate(context.setup.wallClock.now()))
        context.say("Poking until weekday is in \(weekdays.text), Today is \(Weekdays.names[today - 1])")
        guard usesLogicalDate else { return weekdays.numbers.contains(today) }
        let date = context.launch.run.logicalDate ?? context.launch.run.runAfter
        return weekdays.numbers.contains(PythonTime.isoWeekday(CivilDate(date)))
    }
}

/// The days that an operator was given. Source: `utils/weekday.py` (`WeekDay.validate_week_day`).
struct Weekdays: Sendable {
    static let names = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]

    /// 1 = Monday ... 7 = Sunday.
    let numbers: Set<Int>
    /// The argument as Python prints it.
    let text: String

    /// From `week_day_numbers`, which the reader works out, or from `week_day` as a mapped task has it.
    init(_ attributes: NativeAttributes) throws {
        let given = attributes["week_day"]
        text = Self.text(given)
        if let numbers = attributes["week_day_numbers"].arrayValue {
            self.numbers = Set(numbers.compactMap(\.intValue))
            return
        }
        numbers = Set(try (given.arrayValue ?? [given]).map(Self.number))
    }

    private static func number(_ day: JSONValue) throws -> Int {
        if let number = day.intValue { return number }
        let name = day.stringValue ?? ""
        guard let index = names.firstIndex(of: name.uppercased()) else {
            throw NativeFailure(.failure, "Invalid Week Day passed: \"\(name)\"", exception: "AttributeError")
        }
        return index + 1
    }

    private static func text(_ value: JSONValue) -> String {
        guard let members = value.arrayValue else { return value.stringValue ?? value.pythonText }
        let texts = members.map { member in
            guard let number = member.intValue, (1...7).contains(number) else { return member.pythonText }
            return "<WeekDay.\(names[number - 1]): \(number)>"
        }
        return "{" + texts.joined(separator: ", ") + "}"
    }
}
