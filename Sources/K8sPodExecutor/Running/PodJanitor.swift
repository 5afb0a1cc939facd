import KubernetesClient
import PipelineCore
import Synchronization

/// Deletes pods whose result is safe: by name and uid, so that a namesake is never touched, and off the way of results.
final class PodJanitor: Sendable {
    private let client: KubernetesAPI
    private let clock: any Clock<Duration>
    private let delay: Duration
    /// Deletions to come of pods that have an owner, by run: a run that ends first takes them all with its owner.
    private let waiting = Mutex<[RunKey: [Task<Void, Never>]]>([:])

    init(client: KubernetesAPI, clock: any Clock<Duration>, delay: Duration) {
        self.client = client
        self.clock = clock
        self.delay = delay
    }

    /// What is known of a pod whose base container has ended.
    struct Ending: Sendable {
        var uid: String
        var isSuccess: Bool
        /// Whether the pod itself has ended, too, when this is asked: nothing of it runs then.
        var isTerminal: @Sendable () -> Bool
        /// Its log is all there.
        var isLogWhole: Bool
    }

    /// The pod's result was read. It stays where its author wants to see it, or where its log could not be read; never where
    /// a container of it runs on.
    func finished(_ request: PodRequest, _ ending: Ending) {
        let isWanted = ending.isLogWhole && isToBeDeleted(request.plan.finishAction, isSuccess: ending.isSuccess)
        let task = Task { [self] in
            guard (try? await clock.sleep(for: delay, tolerance: nil)) != nil else { return }
            if isWanted || !ending.isTerminal() { await deleteNow(request, uid: ending.uid) }
        }
        guard request.plan.hasOwner else { return }
        waiting.withLock { $0[request.identity.key.run, default: []].append(task) }
    }

    private func isToBeDeleted(_ action: PodPlan.FinishAction, isSuccess: Bool) -> Bool {
        switch action {
        case .delete: true
        case .deleteSucceeded: isSuccess
        case .keep, .deleteActive: false
        }
    }

    /// An API that is away is asked again and again, for so long.
    private static let patience = RetryPolicy(attempts: 60, deadline: .seconds(600))

    /// Whatever has become of the pod, nothing of it runs on.
    /// - Returns: why it could not be deleted; `nil`: it was, or is not there any more.
    @discardableResult
    func deleteNow(_ request: PodRequest, uid: String) async -> String? {
        do {
            try await client.delete(
                .pods, request.name, namespace: request.namespace, options: KubernetesAPI.DeleteOptions(uid: uid),
                retry: Self.patience)
            return nil
        } catch {
            // A namesake with another uid (`conflict`) means that ours is gone.
            return error.kind == .notFound || error.kind == .conflict ? nil : error.message
        }
    }

    /// The uid of the launch's pod, whoever has made it; `nil` where there is none.
    /// - Throws: ``KubernetesError``
    func uid(of request: PodRequest) async throws(KubernetesError) -> String? {
        do throws(KubernetesError) {
            let pod = try await client.get(.pods, request.name, namespace: request.namespace, retry: Self.patience)
            guard let snapshot = PodSnapshot(pod), snapshot.belongs(to: request.identity) else { return nil }
            return PodView(json: pod).uid
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
    }

    /// The owner of the run's pods is about to be deleted.
    func forget(_ run: RunKey) {
        for task in waiting.withLock({ $0.removeValue(forKey: run) }) ?? [] { task.cancel() }
    }
}
