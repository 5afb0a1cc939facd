import PipelineCore

/// `BranchDateTimeOperator`. Source: apache-airflow-providers-standard `operators/datetime.py`.
struct BranchDateTimeOperation: NativeOperation {
    static let operatorClass = "airflow.providers.standard.operators.datetime.BranchDateTimeOperator"
    static let templateFields: [String] = []
    static let xcomKeys = [XCom.skipMixinKey]

    private let lower: PythonTime.Bound?
    private let upper: PythonTime.Bound?
    private let usesLogicalDate: Bool
    private let ifTrue: JSONValue
    private let ifFalse: JSONValue

    init(_ attributes: NativeAttributes) throws {
        func bound(_ name: String) throws -> PythonTime.Bound? {
            let value = attributes[name]
            if value.isNull { return nil }
            guard let bound = PythonTime.bound(value) else { throw attributes.failure(name, "a datetime or a time") }
            return bound
        }
        lower = try bound("target_lower")
        upper = try bound("target_upper")
        usesLogicalDate = attributes.bool("use_task_logical_date", default: false)
        ifTrue = attributes["follow_task_ids_if_true"]
        ifFalse = attributes["follow_task_ids_if_false"]
    }

    func execute(_ context: NativeContext) async throws -> NativeResult {
        let run = context.launch.run
        let now = usesLogicalDate ? run.logicalDate ?? run.runAfter : context.setup.wallClock.now()
        let zone = try context.setup.zone(context.launch.dag.header.timezone)
        let (lower, upper) = try bounds(on: CivilDate(now))
        let isOutside = upper.map { $0.instant(zone) < now } ?? false || lower.map { $0.instant(zone) > now } ?? false
        return try await Branching(context: context).follow(isOutside ? ifFalse : ifTrue)
    }

    /// `target_times_as_dates`: times of day become those of the present day (in UTC, as Airflow takes it); an upper
    /// one before the lower one is that of the next day.
    private func bounds(on day: CivilDate) throws -> (Moment?, Moment?) {
        let first = lower.map { Moment($0, on: day) }
        var last = upper.map { Moment($0, on: day) }
        guard let start = first, let end = last, !isDateTime(lower) || !isDateTime(upper) else { return (first, last) }
        guard (start.offsetSeconds == nil) == (end.offsetSeconds == nil) else {
            throw NativeFailure(
                .failure, "can't compare offset-naive and offset-aware datetimes", exception: "TypeError")
        }
        if end.comparable < start.comparable { last?.addDay() }
        return (first, last)
    }

    private func isDateTime(_ bound: PythonTime.Bound?) -> Bool {
        if case .timeOfDay? = bound { false } else { true }
    }

    /// A datetime of Python, with or without an offset.
    private struct Moment {
        var civil: CivilDate
        var offsetSeconds: Int?

        init(_ bound: PythonTime.Bound, on day: CivilDate) {
            switch bound {
            case .instant(let instant): (civil, offsetSeconds) = (CivilDate(instant), 0)
            case .wall(let wall): (civil, offsetSeconds) = (wall, nil)
            case .timeOfDay(let time, let offset):
                (civil, offsetSeconds) = (time, offset)
                (civil.year, civil.month, civil.day) = (day.year, day.month, day.day)
            }
        }

        /// Orders moments of the same kind.
        var comparable: Timestamp { civil.timestamp(offsetSeconds: offsetSeconds ?? 0) }

        mutating func addDay() { civil = CivilDate(civil.timestamp() + .seconds(86_400)) }

        /// One without an offset is read in the DAG's zone.
        func instant(_ zone: ZoneRules) -> Timestamp {
            offsetSeconds.map { civil.timestamp(offsetSeconds: $0) } ?? zone.instant(civil)
        }
    }
}
