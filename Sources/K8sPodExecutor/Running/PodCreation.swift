import KubernetesClient
import PipelineCore

/// Makes one pod, however often it has to be asked for. It never makes a second one: the name is the launch's own.
struct PodCreation: Sendable {
    let client: KubernetesAPI
    let owners: RunOwners
    let turns: FIFOSemaphore
    let clock: any Clock<Duration>
    /// Whether a cancellation is a shutdown, which waits for nothing.
    let isShutdown: @Sendable () -> Bool
    /// Told of what holds it up, for people.
    let waits: @Sendable (String?) async -> Void

    /// While the API or a quota says "later", this waits: that is no failure of the task's.
    private static let shortestDelay: Duration = .seconds(1)
    private static let longestDelay: Duration = .seconds(30)
    /// Certificates that are being replaced, a plugin that fails, a login that has expired: the process has reached the API
    /// before, so it gets time to be reached again.
    private static let mendTime: Duration = .seconds(600)

    struct Made: Sendable {
        var uid: String
        /// An earlier call has made it, or an earlier process.
        var isAdopted: Bool
    }

    /// - Parameters:
    ///   - isExpected: the pod has been there: if it is not any more, it is not made a second time.
    ///   - build: makes the pod's JSON, which is held no longer than a call takes.
    /// - Throws: ``PodFailure`` `configuration`, or `infrastructure` where an expected pod is gone; `CancellationError`
    func make(_ pod: PodReference, isExpected: Bool, build: PodBuild) async throws -> Made {
        var delay = Self.shortestDelay
        let watch = Stopwatch(clock)
        while true {
            try Task.checkCancellation()
            do {
                return try await inTurn(pod, isExpected, build)
            } catch let error as KubernetesError {
                let reason = try waitReason(error, after: watch.elapsed)
                await waits(reason)
                try await clock.sleep(for: max(delay, error.retryAfter), tolerance: nil)
                delay = min(delay * 2, Self.longestDelay)
            }
        }
    }

    private func inTurn(_ pod: PodReference, _ isExpected: Bool, _ build: PodBuild) async throws -> Made {
        try await turns.acquire()
        defer { turns.release() }
        let request = isExpected ? nil : build.sealed(try build.request())
        return try await shielded { [self] in
            if let request { try await attempt(request, pod) } else { try await found(pod) }
        }
    }

    /// A call on its way is not taken back: who cancels the launch must know what there is to be ended.
    private func shielded(_ work: @escaping @Sendable () async throws -> Made) async throws -> Made {
        let task = Task { try await work() }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            if isShutdown() { task.cancel() }
        }
    }

    private func found(_ pod: PodReference) async throws -> Made {
        do {
            return try await adopt(pod)
        } catch let error as KubernetesError {
            guard error.kind == .notFound else { throw error }
            throw PodFailure(
                .infrastructure, "pod \(pod.name) has vanished: it was deleted from outside, or its node was")
        }
    }

    private func attempt(_ request: PodRequest, _ pod: PodReference) async throws -> Made {
        var json = request.pod
        if pod.plan.hasOwner {
            let owner = try await owners.owner(of: pod.run, namespace: pod.namespace)
            json = request.owned(by: owner).pod
        }
        do {
            let made = try await client.create(.pods, json, namespace: pod.namespace, retry: .none)
            return Made(uid: PodView(json: made).uid, isAdopted: false)
        } catch {
            guard error.kind == .alreadyExists else { throw error }
            return try await adoptWhatIsInTheWay(pod)
        }
    }

    /// What was in the way may be gone by now.
    private func adoptWhatIsInTheWay(_ pod: PodReference) async throws -> Made {
        do {
            return try await adopt(pod)
        } catch let error as KubernetesError {
            guard error.kind == .notFound else { throw error }
            throw KubernetesError(.conflict, error.message, cause: error)
        }
    }

    /// A pod of the name is ours when it is of the same launch: an earlier call made it whose answer was lost.
    private func adopt(_ pod: PodReference) async throws -> Made {
        let found = try await client.get(.pods, pod.name, namespace: pod.namespace, retry: .none)
        guard let snapshot = PodSnapshot(found, pool: TextPool()), snapshot.belongs(to: pod.identity) else {
            throw PodFailure(
                .configuration,
                "the pod \(pod.name) in namespace \(pod.namespace) exists and is not of this launch; delete it")
        }
        return Made(uid: PodView(json: found).uid, isAdopted: true)
    }

    /// Why to wait.
    /// - Throws: ``PodFailure`` where waiting does not help.
    private func waitReason(_ error: KubernetesError, after time: Duration) throws -> String {
        switch error.kind {
        case .unauthenticated where time < Self.mendTime, .misconfigured where time < Self.mendTime:
            return "the Kubernetes API cannot be reached as it is configured: \(error.message)"
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
