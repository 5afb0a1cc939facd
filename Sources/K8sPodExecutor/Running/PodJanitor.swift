import KubernetesClient
import PipelineCore
import Synchronization

/// Deletes pods whose result is safe: by name and uid, so that a namesake is never touched, and off the way of results.
final class PodJanitor: Sendable {
    private let client: KubernetesAPI
    private let clock: any Clock<Duration>
    private let delay: Duration
    /// Deletions to come, by run: a run that ends first takes them all with its owner.
    private let waiting = Mutex<[RunKey: [Task<Void, Never>]]>([:])

    init(client: KubernetesAPI, clock: any Clock<Duration>, delay: Duration) {
        self.client = client
        self.clock = clock
        self.delay = delay
    }

    /// The pod has ended by itself, and its result and log were read.
    func finished(_ request: PodRequest, uid: String?, isSuccess: Bool) {
        guard let uid, isToBeDeleted(request.plan.finishAction, isSuccess: isSuccess) else { return }
        let task = Task { [self] in
            guard (try? await clock.sleep(for: delay, tolerance: nil)) != nil else { return }
            await deleteNow(request, uid: uid)
        }
        waiting.withLock { $0[request.identity.key.run, default: []].append(task) }
    }

    private func isToBeDeleted(_ action: PodPlan.FinishAction, isSuccess: Bool) -> Bool {
        switch action {
        case .delete: true
        case .deleteSucceeded: isSuccess
        case .keep, .deleteActive: false
        }
    }

    /// Whatever has become of the pod, nothing of it runs on. An API that is away is asked again.
    func deleteNow(_ request: PodRequest, uid: String) async {
        let options = KubernetesAPI.DeleteOptions(uid: uid)
        _ = try? await client.delete(
            .pods, request.name, namespace: request.namespace, options: options,
            retry: RetryPolicy(attempts: 12, deadline: .seconds(600)))
    }

    /// The owner of the run's pods is about to be deleted.
    func forget(_ run: RunKey) {
        for task in waiting.withLock({ $0.removeValue(forKey: run) }) ?? [] { task.cancel() }
    }
}
