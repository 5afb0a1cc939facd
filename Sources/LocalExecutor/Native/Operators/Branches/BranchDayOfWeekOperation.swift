import PipelineCore

/// `BranchDayOfWeekOperator`. Source: apache-airflow-providers-standard `operators/weekday.py`.
struct BranchDayOfWeekOperation: NativeOperation {
    static let operatorClass = "airflow.providers.standard.operators.weekday.BranchDayOfWeekOperator"
    static let templateFields: [String] = []
    static let xcomKeys = [XCom.skipMixinKey]

    private let weekdays: Weekdays
    private let usesLogicalDate: Bool
    private let ifTrue: JSONValue
    private let ifFalse: JSONValue

    init(_ attributes: NativeAttributes) throws {
        weekdays = try Weekdays(attributes)
        usesLogicalDate = attributes.bool("use_task_logical_date", default: false)
        ifTrue = attributes["follow_task_ids_if_true"]
        ifFalse = attributes["follow_task_ids_if_false"]
    }

    /// The clock is read in the DAG's zone, the logical date in its own.
    func execute(_ context: NativeContext) async throws -> NativeResult {
        let run = context.launch.run
        let zone = try context.setup.zone(context.launch.dag.header.timezone)
        let day =
            usesLogicalDate
            ? CivilDate(run.logicalDate ?? run.runAfter) : zone.civil(context.setup.wallClock.now())
        let isTrue = weekdays.numbers.contains(PythonTime.isoWeekday(day))
        return try await Branching(context: context).follow(isTrue ? ifTrue : ifFalse)
    }
}
