import PipelineCore

/// `EmptyOperator` that has inlets or outlets, and so is really run.
struct EmptyOperation: NativeOperation {
    static let operatorClass = "airflow.providers.standard.operators.empty.EmptyOperator"
    static let templateFields: [String] = []

    init(_ attributes: NativeAttributes) {}

    func execute(_ context: NativeContext) async throws -> NativeResult {
        await context.started(nil)
        return .success
    }
}
