/// Makes timetables of their definitions; zones come through `zone`, since reading them is not the domain's business.
package struct TimetableFactory: Sendable {
    private let zone: @Sendable (String) throws -> ZoneRules

    package init(zone: @escaping @Sendable (String) throws -> ZoneRules) { self.zone = zone }

    /// - Throws: ``ZoneError`` for an unknown name.
    package func zoneRules(_ name: String) throws -> ZoneRules { try zone(name) }

    /// The timetable; `nil` for a custom class, which only Python can evaluate.
    /// - Parameter dst: what the site has stated for the DAG.
    /// - Throws: ``CronError``, ``ZoneError``.
    package func timetable(
        _ definition: TimetableDefinition, dst: DSTPolicy = .airflow
    ) throws -> (any Timetable)? {
        switch definition {
        case .null, .assetTriggered: NullTimetable()
        case .once: OnceTimetable()
        case .continuous: ContinuousTimetable()
        case .cronTrigger(let expression, let timezone, let interval, let runImmediately):
            try trigger(expression, timezone, interval, runImmediately, dst)
        case .multipleCronTrigger(let expressions, let timezone, let interval, let runImmediately):
            MultipleTriggerTimetable(
                parts: try expressions.map { try trigger($0, timezone, interval, runImmediately, dst) })
        case .cronDataInterval(let expression, let timezone):
            DataIntervalTimetable(ticks: try ticks(expression, timezone, dst), delta: nil)
        case .deltaTrigger(let delta, let interval):
            TriggerTimetable(
                ticks: DeltaTicks(delta: delta), interval: interval, runImmediately: .never, startsNow: true)
        case .deltaDataInterval(let delta):
            DataIntervalTimetable(ticks: DeltaTicks(delta: delta), delta: delta)
        case .events(let dates, let restrictToEvents, _):
            EventsTimetable(dates: dates.sorted(), restrictToEvents: restrictToEvents)
        case .assetOrTime(_, let inner): try timetable(inner, dst: dst)
        case .custom: nil
        }
    }

    private func trigger(
        _ expression: String, _ timezone: String, _ interval: Duration,
        _ runImmediately: TimetableDefinition.RunImmediately, _ dst: DSTPolicy
    ) throws -> TriggerTimetable {
        TriggerTimetable(
            ticks: try ticks(expression, timezone, dst), interval: .init(duration: interval),
            runImmediately: runImmediately, startsNow: false)
    }

    private func ticks(_ expression: String, _ timezone: String, _ dst: DSTPolicy) throws -> CronTicks {
        CronTicks(cron: try CronExpression(expression), zone: try zone(timezone), policy: dst)
    }
}
