package import HTTPTransport

/// The process around a stage: its streams, time, network and the place of the XCom file. Composition makes the real
/// one with ``process(environment:wallClock:)``, tests make their own.
package struct StageHost: Sendable {
    package var environment: [String: String]
    /// Gets the result as its last line.
    package var output: any OutputWriter
    /// Gets progress and errors.
    package var diagnostics: any OutputWriter
    /// Whether `diagnostics` is a terminal: bars for people instead of JSON lines for machines.
    package var isTerminal: Bool
    package var clock: StageClock
    package var cancellation: CancellationFlag
    /// Kubernetes' side car of a KubernetesPodOperator reads the result from `return.json` in this folder.
    package var xcomDirectory: String
    package var makeHTTPClient: @Sendable () throws -> any HTTPClient

    package init(
        environment: [String: String], output: any OutputWriter, diagnostics: any OutputWriter, isTerminal: Bool,
        clock: StageClock, cancellation: CancellationFlag, xcomDirectory: String = "/airflow/xcom",
        makeHTTPClient: @escaping @Sendable () throws -> any HTTPClient
    ) {
        self.environment = environment
        self.output = output
        self.diagnostics = diagnostics
        self.isTerminal = isTerminal
        self.clock = clock
        self.cancellation = cancellation
        self.xcomDirectory = xcomDirectory
        self.makeHTTPClient = makeHTTPClient
    }
}
