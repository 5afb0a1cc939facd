/// The arguments of pendulum's `add` and `subtract`.
struct PendulumDuration {
    private let months: Int
    private let days: Int
    private let microseconds: Int

    init(_ arguments: JinjaArguments, sign: Int) throws {
        let names = ["years", "months", "weeks", "days", "hours", "minutes", "seconds", "microseconds"]
        let bound = try arguments.bind("add", names)
        let values = try names.indices.map { index -> Int in
            let value = try bound[index].integer(names[index], default: 0)
            guard abs(value) < 1_000_000_000 else { throw unsupported("\(names[index]) out of range") }
            return value * sign
        }
        months = values[0] * 12 + values[1]
        days = values[2] * 7 + values[3]
        microseconds = ((values[4] * 60 + values[5]) * 60 + values[6]) * 1_000_000 + values[7]
    }

    /// Years and months first, clamped to the month, then everything else.
    func added(to moment: JinjaDateTime) throws -> JinjaDateTime {
        guard moment.zone?.isConstant ?? true else { throw unsupported("add() in time zone \(moment.zone?.name ?? "")") }
        guard abs(months) < 120_000 else { throw unsupported("months out of range") }
        let shifted = moment.day.adding(months: months)
        guard shifted.isValid else { throw unsupported("add() out of range") }
        let start = JinjaDateTime(
            wall: shifted.days * JinjaDateTime.microsecondsPerDay + moment.microsecondOfDay, zone: moment.zone,
            flavor: moment.flavor)
        return try start.moved(by: days * JinjaDateTime.microsecondsPerDay + microseconds)
    }
}
