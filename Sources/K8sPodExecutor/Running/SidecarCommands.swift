import HTTPTransport
import KubernetesClient
import PipelineCore

/// What is run in the container that keeps a result.
struct SidecarCommands: Sendable {
    let client: KubernetesAPI
    let connector: any ByteStreamConnector
    let clock: any Clock<Duration>
    let pod: PodReference

    /// For one command.
    private static let timeout: Duration = .seconds(60)
    /// A little more than the store takes, so that its own refusal is what is seen.
    private static let resultLimit = 5 << 20
    private static let attempts = 5
    private static let firstDelay: Duration = .seconds(1)

    /// The result; empty where the task left none.
    /// - Throws: ``PodFailure``, `CancellationError`
    func read() async throws -> String {
        let path = XComSidecar.resultPath
        let result = try await patiently { () async throws(KubernetesError) in
            try await run("if [ -s \(path) ]; then cat \(path); fi")
        }
        guard result.exitCode == 0 else {
            throw failure(
                .configuration, "the command that reads it ended with exit code \(result.exitCode): "
                    + String(decoding: result.errorOutput.prefix(1_000), as: UTF8.self))
        }
        guard let text = String(validating: result.output, as: UTF8.self) else {
            throw failure(.configuration, "it is not UTF-8")
        }
        return text
    }

    /// Ends the container, and with it the pod.
    /// - Returns: why it could not; `nil`: it was ended.
    func end() async -> String? {
        do throws(KubernetesError) {
            let result = try await run("kill -2 1")
            return result.exitCode == 0 ? nil : String(decoding: result.errorOutput.prefix(1_000), as: UTF8.self)
        } catch {
            // The connection may go with the container.
            return error.kind == .notFound ? nil : error.message
        }
    }

    private func run(_ script: String) async throws(KubernetesError) -> ExecResult {
        try await client.exec(
            ["/bin/sh", "-c", script], pod: pod.name, namespace: pod.namespace,
            container: XComSidecar.containerName, over: connector, timeout: Self.timeout, outputLimit: Self.resultLimit)
    }

    private func patiently(_ work: () async throws(KubernetesError) -> ExecResult) async throws -> ExecResult {
        var delay = Self.firstDelay
        for attempt in 1... {
            do throws(KubernetesError) {
                return try await work()
            } catch {
                try Task.checkCancellation()
                guard error.isUnavailable, attempt < Self.attempts else { throw failure(error) }
            }
            try await clock.sleep(for: delay, tolerance: nil)
            delay *= 2
        }
        throw CancellationError()
    }

    private func failure(_ error: KubernetesError) -> any Error {
        switch error.kind {
        case .cancelled: CancellationError()
        case .unavailable, .notFound, .expired, .conflict, .alreadyExists, .namespaceTerminating, .quotaExceeded:
            failure(.infrastructure, error.message)
        case .unauthenticated, .forbidden, .rejected, .invalid, .misconfigured, .receiverFailed:
            failure(.configuration, error.message)
        }
    }

    private func failure(_ kind: PodFailure.Class, _ text: String) -> PodFailure {
        PodFailure(kind, "the result of pod \(pod.name) cannot be read from \(XComSidecar.containerName): \(text)")
    }
}
