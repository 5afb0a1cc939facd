import PipelineCore

/// What a stock operator does, in Swift: its `execute`, given its rendered attributes.
/// It must be indistinguishable from the stock class in states, XComs, retries and log content (architecture D3).
protocol NativeOperation: Sendable {
    /// Import path of the stock class.
    static var operatorClass: String { get }
    /// The stock class's `template_fields`; a mapped task does not carry them.
    static var templateFields: [String] { get }

    /// The stock class's `template_ext`: a text that ends in one of them names a template file.
    static var templateExtensions: [String] { get }

    /// It runs a program, which has its place beside the task's other programs: in a worker's pod, where there are such.
    static var needsProcess: Bool { get }

    /// Why a task with these attributes, not yet rendered, needs Python; `nil` when it does not.
    /// Asked again with the rendered attributes.
    static func pythonReason(_ attributes: NativeAttributes, _ launch: TaskLaunch) -> String?
    /// Keys of the XComs that it pushes besides `return_value`: an earlier try may have left some.
    static var xcomKeys: [String] { get }
    /// The attributes as the operation wants them, before anything is rendered or laid over.
    static func prepared(_ attributes: NativeAttributes) -> NativeAttributes
    /// The attributes of one instance of a mapped task: those of its element laid over the partial ones.
    static func laidOver(_ partial: NativeAttributes, _ element: JSONObject) -> NativeAttributes

    init(_ attributes: NativeAttributes) throws
    func execute(_ context: NativeContext) async throws -> NativeResult
    /// Its extra links, pushed as XComs when the task is over, however it ended.
    func links(_ context: NativeContext) async throws -> [(key: String, url: String)]
}

extension NativeOperation {
    static var templateExtensions: [String] { [] }

    static var needsProcess: Bool { false }

    static func pythonReason(_ attributes: NativeAttributes, _ launch: TaskLaunch) -> String? { nil }

    static var xcomKeys: [String] { [] }

    func links(_ context: NativeContext) async throws -> [(key: String, url: String)] { [] }

    static func prepared(_ attributes: NativeAttributes) -> NativeAttributes { attributes }

    static func laidOver(_ partial: NativeAttributes, _ element: JSONObject) -> NativeAttributes {
        NativeAttributes(operatorClass: partial.operatorClass, values: partial.values.merging(element))
    }
}

/// How an operator's `execute` ended without an exception.
struct NativeResult: Sendable {
    enum Ending: Sendable {
        case success
        /// `DownstreamTasksSkipped`: the task succeeds without a return value, and these are skipped.
        case skipsDownstream([SkipTarget])
        /// `AirflowRescheduleException`: a sensor that looks again later.
        case reschedule(at: Timestamp)
        /// Skipped by the runner itself, which has said why.
        case skipped
        /// Failed by the runner itself, which has said why.
        case failed(reason: String, mayRetry: Bool)
    }

    var ending: Ending = .success
    /// What `execute` returned: pushed as `return_value` unless null.
    var returnValue: JSONValue = .null

    static let success = NativeResult()
}

/// An exception out of `execute`.
struct NativeFailure: Error, CustomStringConvertible {
    enum Kind: Sendable, Hashable {
        /// Retried if tries are left.
        case failure
        /// `AirflowSkipException`.
        case skip
        /// `AirflowFailException`: never retried.
        case final
        /// `AirflowTaskTimeout`: retried if tries are left.
        case timeout
        /// `AirflowSensorTimeout`: never retried.
        case sensorTimeout

        /// The class that Airflow raises.
        var exception: String {
            switch self {
            case .failure: "AirflowException"
            case .skip: "AirflowSkipException"
            case .final: "AirflowFailException"
            case .timeout: "AirflowTaskTimeout"
            case .sensorTimeout: "AirflowSensorTimeout"
            }
        }
    }

    var kind: Kind
    var description: String
    /// The exception's class in Python, for the log.
    var exception: String
    /// The class of the exception that Airflow was handling when it raised this one.
    var context: String?

    init(_ kind: Kind, _ description: String, exception: String? = nil) {
        self.kind = kind
        self.description = description
        self.exception = exception ?? kind.exception
    }
}
