import PipelineCore

/// `LatestOnlyOperator`. Source: apache-airflow-providers-standard `operators/latest_only.py`.
struct LatestOnlyOperation: NativeOperation {
    static let operatorClass = "airflow.providers.standard.operators.latest_only.LatestOnlyOperator"
    static let templateFields: [String] = []
    static let xcomKeys = [XCom.skipMixinKey]

    init(_ attributes: NativeAttributes) {}

    /// Only Python can ask a timetable of the author's own.
    static func pythonReason(_ attributes: NativeAttributes, _ launch: TaskLaunch) -> String? {
        if case .custom = innermost(launch.dag.header.timetable) { "its DAG has a timetable of its own" } else { nil }
    }

    private static func innermost(_ definition: TimetableDefinition) -> TimetableDefinition {
        if case .assetOrTime(_, let inner) = definition { innermost(inner) } else { definition }
    }

    func execute(_ context: NativeContext) async throws -> NativeResult {
        let isAllowed = try isLatest(context)
        let downstream = context.launch.task.downstream.map(JSONValue.string)
        return try await Branching(context: context).follow(.array(isAllowed ? downstream : []))
    }

    private func isLatest(_ context: NativeContext) throws -> Bool {
        if context.launch.run.type == .manual {
            context.say("Manually triggered DAG_Run: allowing execution to proceed.")
            return true
        }
        guard let window = try window(context) else {
            context.say("Last scheduled execution: allowing execution to proceed.")
            return true
        }
        let now = context.setup.wallClock.now()
        context.say(
            "Checking latest only with left_window: \(PythonTime.text(window.start)) right_window: "
                + "\(PythonTime.text(window.end)) now: \(PythonTime.text(now))")
        let isLatest = window.start < now && now <= window.end
        context.say(
            isLatest ? "Latest, allowing execution to proceed." : "Not latest execution, skipping downstream.")
        return isLatest
    }

    /// From the end of the interval before to the end of the next one; `nil` where no run follows.
    private func window(_ context: NativeContext) throws -> DataInterval? {
        let run = context.launch.run
        let date = run.logicalDate ?? run.runAfter
        let interval = DataInterval(start: run.dataIntervalStart ?? date, end: run.dataIntervalEnd ?? date)
        let header = context.launch.dag.header
        let factory = TimetableFactory(zone: context.setup.zone)
        guard let timetable = try factory.timetable(header.timetable, dst: context.setup.dst(header.id)) else { return nil }
        let now = context.setup.wallClock.now()
        let before = timetable.nextRun(
            after: interval,
            within: TimeRestriction(earliest: nil, latest: interval.end - .microseconds(1), catchup: true), now: now)
        let next = timetable.nextRun(
            after: interval, within: TimeRestriction(earliest: interval.end, latest: nil, catchup: true), now: now)
        return next.map { DataInterval(start: before?.dataInterval.end ?? interval.start, end: $0.dataInterval.end) }
    }
}
