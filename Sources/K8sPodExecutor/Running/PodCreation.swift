import KubernetesClient
import PipelineCore

/// Makes one pod, however often it has to be asked for. It never makes a second one: the name is the launch's own.
struct PodCreation: Sendable {
    let client: KubernetesAPI
    let owners: RunOwners
    let clock: any Clock<Duration>
    /// Told of what holds it up, for people.
    let waits: @Sendable (String?) async -> Void

    /// While the API or a quota says "later", this waits: that is no failure of the task's.
    private static let shortestDelay: Duration = .seconds(1)
    private static let longestDelay: Duration = .seconds(30)

    /// - Returns: the pod's uid.
    /// - Throws: ``PodFailure`` `configuration`; `CancellationError`
    func make(_ request: PodRequest) async throws -> String {
        var delay = Self.shortestDelay
        while true {
            try Task.checkCancellation()
            do {
                return try await attempt(request)
            } catch let error as KubernetesError {
                let reason = try waitReason(error, request)
                await waits(reason)
                try await clock.sleep(for: max(delay, retryAfter(error)), tolerance: nil)
                delay = min(delay * 2, Self.longestDelay)
            }
        }
    }

    private func attempt(_ request: PodRequest) async throws -> String {
        let owned = try await owned(request)
        do {
            let pod = try await client.create(.pods, owned.pod, namespace: request.namespace, retry: .none)
            return PodView(json: pod).uid
        } catch {
            guard error.kind == .alreadyExists else { throw error }
            return try await adopt(request)
        }
    }

    /// A pod that is to stay when its run is over has no owner that would take it along.
    private func owned(_ request: PodRequest) async throws -> PodRequest {
        guard request.plan.finishAction == .delete else { return request }
        return request.owned(by: try await owners.owner(of: request.identity.key.run, namespace: request.namespace))
    }

    /// A pod of the name is ours when it is of the same launch: an earlier call made it whose answer was lost.
    private func adopt(_ request: PodRequest) async throws -> String {
        let pod = try await client.get(.pods, request.name, namespace: request.namespace)
        guard let snapshot = PodSnapshot(pod), snapshot.belongs(to: request.identity) else {
            throw PodFailure(
                .configuration,
                "the pod \(request.name) in namespace \(request.namespace) exists and is not of this launch; delete it")
        }
        return PodView(json: pod).uid
    }

    private func retryAfter(_ error: KubernetesError) -> Duration {
        if case .unavailable(let asked?) = error.kind { asked } else { .zero }
    }

    /// Why to wait.
    /// - Throws: ``PodFailure`` where waiting does not help.
    private func waitReason(_ error: KubernetesError, _ request: PodRequest) throws -> String {
        switch error.kind {
        case .unavailable: return "the Kubernetes API does not answer: \(error.message)"
        case .quotaExceeded(let text): return "the namespace's quota is used up: \(text)"
        case .conflict, .expired: return error.message
        case .notFound:
            // The namespace, or an owner that was deleted in between.
            throw PodFailure(.configuration, error.message)
        case .cancelled: throw CancellationError()
        case .unauthenticated, .forbidden, .rejected, .namespaceTerminating, .alreadyExists, .invalid, .misconfigured,
            .receiverFailed:
            throw PodFailure(.configuration, error.message)
        }
    }
}
