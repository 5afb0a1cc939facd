import HTTPTransport
import KubernetesClient
import PipelineCore

/// What is run in the container that keeps a result.
struct SidecarCommands: Sendable {
    let client: KubernetesAPI
    let connector: any ByteStreamConnector
    let pod: PodReference

    /// For one command.
    private static let timeout: Duration = .seconds(60)

    /// The result; empty where the task left none.
    /// - Returns: why it cannot be had now, where it may be had later.
    /// - Throws: ``PodFailure`` for a result that will never be had
    func read() async throws -> Result<String, KubernetesError> {
        let path = XComSidecar.resultPath
        let result: ExecResult
        do throws(KubernetesError) {
            result = try await run("if [ -s \(path) ]; then cat \(path); fi")
        } catch {
            switch error.kind {
            // What is asked for is wrong, or what is there is too much.
            case .invalid, .receiverFailed: throw failure(error.message)
            default: return .failure(error)
            }
        }
        guard result.exitCode == 0 else {
            throw failure(
                "the command that reads it ended with exit code \(result.exitCode): "
                    + String(decoding: result.errorOutput.prefix(1_000), as: UTF8.self))
        }
        guard let text = String(validating: result.output, as: UTF8.self) else { throw failure("it is not UTF-8") }
        return .success(text)
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
            container: XComSidecar.containerName, over: connector, timeout: Self.timeout,
            outputLimit: ResultLimits.sidecarBytes)
    }

    private func failure(_ text: String) -> PodFailure {
        PodFailure(
            .configuration,
            "the result of pod \(pod.name) cannot be read from \(XComSidecar.containerName): \(text)")
    }
}
