import PipelineCore

/// What a stock operator does, in Swift: its `execute`, given its rendered attributes.
/// It must be indistinguishable from the stock class in states, XComs, retries and log content (architecture D3).
protocol NativeOperation: Sendable {
    /// Import path of the stock class.
    static var operatorClass: String { get }
    init(_ attributes: NativeAttributes) throws
    func execute(_ context: NativeContext) async throws -> NativeResult
}

/// How an operator's `execute` ended without an exception.
struct NativeResult: Sendable {
    var outcome: TaskOutcome = .success()
    /// What `execute` returned: pushed as `return_value` unless null.
    var returnValue: JSONValue = .null

    static let success = NativeResult()
}

/// An exception out of `execute`, with Airflow's class name for the log.
struct NativeFailure: Error, CustomStringConvertible {
    enum Kind: String, Sendable {
        /// Retried if tries are left.
        case failure = "AirflowException"
        /// `AirflowSkipException`.
        case skip = "AirflowSkipException"
        /// `AirflowFailException`: never retried.
        case final = "AirflowFailException"
        case timeout = "AirflowTaskTimeout"
        case sensorTimeout = "AirflowSensorTimeout"
    }

    var kind: Kind
    var description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
