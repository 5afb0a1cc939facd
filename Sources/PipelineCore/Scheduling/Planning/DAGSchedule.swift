/// What planners have to know of a DAG.
package struct DAGSchedule: Sendable {
    /// What makes a run due by itself.
    package enum Trigger: Sendable {
        /// Neither time nor assets.
        case none
        case time(any Timetable)
        /// A timetable that only Python can evaluate.
        case custom
    }

    package var dagID: String
    package var trigger: Trigger
    /// Serialized condition on assets; `nil` where the DAG is not triggered by assets.
    package var assetCondition: JSONValue?
    /// What its partitions wait for; `nil` where the DAG is not triggered by partitions of assets.
    package var partitions: PartitionedSchedule?
    /// Whether its runs by time are of partitions: then ``last`` is no data interval, but when the last one was due.
    package var isPartitionedByTime: Bool
    package var restriction: TimeRestriction
    package var maxActiveRuns: Int
    package var isPaused: Bool
    /// The data interval of its last automated run by logical date (scheduled or of a backfill).
    package var last: DataInterval?
    /// Types of runs that may be created; `nil`: all.
    package var allowedRunTypes: [RunType]?

    /// - Parameter timetable: of the header's definition; `nil` for a custom one.
    package init(_ header: DAGHeader, timetable: (any Timetable)?, isPaused: Bool, last: DataInterval?) {
        dagID = header.id
        trigger = Self.trigger(header.timetable, timetable)
        assetCondition = Self.condition(header.timetable)
        partitions = (timetable as? PartitionedAssetTimetable)?.schedule
        isPartitionedByTime = timetable is CronPartitionTimetable
        restriction = TimeRestriction(earliest: header.startDate, latest: header.endDate, catchup: header.catchup)
        maxActiveRuns = header.maxActiveRuns
        allowedRunTypes = header.allowedRunTypes
        self.isPaused = isPaused
        self.last = last
    }

    package func allows(_ type: RunType) -> Bool { allowedRunTypes?.contains(type) ?? true }

    private static func trigger(_ definition: TimetableDefinition, _ timetable: (any Timetable)?) -> Trigger {
        switch definition {
        case .null, .assetTriggered, .partitionedAsset, .partitionedAtRuntime: .none
        default: timetable.map { .time($0) } ?? .custom
        }
    }

    private static func condition(_ definition: TimetableDefinition) -> JSONValue? {
        switch definition {
        case .assetTriggered(let condition), .assetOrTime(let condition, _): condition
        default: nil
        }
    }
}
