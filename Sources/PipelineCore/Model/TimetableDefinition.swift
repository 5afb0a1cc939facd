/// A DAG's schedule as it was written: the serialized timetable. What it means is in ``Timetable``.
/// Source: Airflow 3.3 `timetables/`.
package indirect enum TimetableDefinition: Sendable, Hashable {
    /// No schedule: runs by hand, by API or by another DAG only (`NullTimetable`).
    case null
    case once
    case continuous
    /// `CronTriggerTimetable`: a run at each tick; its data interval is `[tick - interval, tick]`.
    case cronTrigger(expression: String, timezone: String, interval: Duration, runImmediately: RunImmediately)
    case multipleCronTrigger(
        expressions: [String], timezone: String, interval: Duration, runImmediately: RunImmediately)
    /// `CronDataIntervalTimetable`: a run at the end of each interval between two ticks.
    case cronDataInterval(expression: String, timezone: String)
    case deltaTrigger(delta: TimeDelta, interval: TimeDelta)
    case deltaDataInterval(delta: TimeDelta)
    case events(dates: [Timestamp], restrictToEvents: Bool, description: String?)
    /// Serialized asset condition (`asset_all`, `asset_any`, `asset`, `asset_alias`, `asset_ref`).
    case assetTriggered(condition: JSONValue)
    case assetOrTime(condition: JSONValue, timetable: TimetableDefinition)
    /// `CronPartitionTimetable`: a run for a partition at each tick, whose date is `runOffset` ticks from the run's.
    case cronPartition(
        expression: String, timezone: String, runOffset: Int, keyFormat: String, runImmediately: RunImmediately)
    /// `PartitionedAssetTimetable`: a run for each partition whose assets have come.
    case partitionedAsset(PartitionedAssetDefinition)
    /// `PartitionedAtRuntime`: runs by hand only, which may have a partition key.
    case partitionedAtRuntime
    /// Any custom class: evaluated by Python.
    case custom(path: String, arguments: JSONValue)

    /// Whether a run may be asked for with a partition key; `nil` where only Python knows.
    package var takesPartitionKeys: Bool? {
        switch self {
        case .cronPartition, .partitionedAsset, .partitionedAtRuntime: true
        case .custom: nil
        default: false
        }
    }

    /// The serialized condition on assets that it has, if any.
    package var assetCondition: JSONValue? {
        switch self {
        case .assetTriggered(let condition), .assetOrTime(let condition, _): condition
        case .partitionedAsset(let definition): definition.condition
        case .custom(_, let arguments): arguments["asset_condition"]
        default: nil
        }
    }

    /// Whether it has instants to go back to: Airflow's `Timetable.periodic`.
    package var isPeriodic: Bool {
        switch self {
        case .null, .once, .continuous, .assetTriggered: false
        case .assetOrTime(_, let timetable): timetable.isPeriodic
        case .custom(let path, _): !path.hasSuffix(".PartitionedAssetTimetable") && !path.hasSuffix(".PartitionedAtRuntime")
        default: true
        }
    }

    /// Whether a new DAG starts at the tick before now.
    package enum RunImmediately: Sendable, Hashable {
        case never
        case always
        /// When the last tick is not longer ago than this.
        case within(Duration)
    }

    /// A `timedelta` or a `relativedelta` (calendar months and years included).
    package struct TimeDelta: Sendable, Hashable {
        package var years = 0
        package var months = 0
        package var days = 0
        package var duration: Duration = .zero

        package init(years: Int = 0, months: Int = 0, days: Int = 0, duration: Duration = .zero) {
            self.years = years
            self.months = months
            self.days = days
            self.duration = duration
        }
    }
}
