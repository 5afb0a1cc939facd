import HTTPTransport
import PipelineTestSupport

@testable import KubernetesClient

/// A client without real time, over a script.
func testClient(
    _ http: any HTTPClient, clock: TestClock = TestClock(isAutomatic: true),
    credentials: any CredentialSource = FixedCredential("Bearer one"),
    limits: RequestLimiter.Limits = RequestLimiter.Limits(queriesPerSecond: 1_000, burst: 1_000, parallel: 100),
    observer: (any KubernetesAPI.Observer)? = nil
) -> KubernetesAPI {
    KubernetesAPI(
        server: "https://api", namespace: "ml", http: http, credentials: credentials, clock: clock, limits: limits,
        observer: observer, seed: 1)
}

/// The error that `work` ends with.
func failure(_ work: () async throws -> Void) async -> KubernetesError? {
    do {
        try await work()
        return nil
    } catch {
        return error as? KubernetesError
    }
}
