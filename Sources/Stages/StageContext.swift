package import HTTPTransport

/// What a running stage may use of the world.
package struct StageContext: Sendable {
    package var parameters: StageParameters
    package var environment: [String: String]
    package var clock: StageClock
    package var progress: any ProgressReporter
    package var cancellation: CancellationFlag
    /// Keeps record of metrics, parameters and files.
    package var tracking: StageTracking
    /// Made when a stage needs it: most do not.
    package var makeHTTPClient: @Sendable () throws -> any HTTPClient

    package init(
        parameters: StageParameters, environment: [String: String], clock: StageClock,
        progress: any ProgressReporter, cancellation: CancellationFlag, tracking: StageTracking = .none,
        makeHTTPClient: @escaping @Sendable () throws -> any HTTPClient
    ) {
        self.parameters = parameters
        self.environment = environment
        self.clock = clock
        self.progress = progress
        self.cancellation = cancellation
        self.tracking = tracking
        self.makeHTTPClient = makeHTTPClient
    }
}
