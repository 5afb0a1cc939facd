import K8sPodExecutor
import PipelineCore
import Synchronization

/// Removes the containers of pods whose result is safe, off the way of results.
final class PodmanJanitor: Sendable {
    private let podman: Podman
    private let clock: any Clock<Duration>
    private let delay: Duration
    /// Pods that go after a delay, or with their run.
    private let waiting = Mutex<[RunKey: [PodmanPod]]>([:])

    init(podman: Podman, clock: any Clock<Duration>, delay: Duration) {
        self.podman = podman
        self.clock = clock
        self.delay = delay
    }

    /// The pod's result was read, and nobody wants to look at it any more: it goes once its result was recorded.
    func finished(_ pod: PodmanPod, of run: RunKey) {
        waiting.withLock { $0[run, default: []].append(pod) }
        Task { [self] in
            guard (try? await clock.sleep(for: delay, tolerance: nil)) != nil, take(pod, of: run) else { return }
            // What is left goes with the run.
            try? await remove(pod, graceSeconds: 0)
        }
    }

    private func take(_ pod: PodmanPod, of run: RunKey) -> Bool {
        waiting.withLock { waiting in
            guard let index = waiting[run]?.firstIndex(of: pod) else { return false }
            waiting[run]?.remove(at: index)
            return true
        }
    }

    /// Ends what runs of the pod, and removes it.
    /// - Throws: ``PodmanError``
    func remove(_ pod: PodmanPod, graceSeconds: Int) async throws {
        try await podman.remove(pod.containers.map(\.fullName), graceSeconds: graceSeconds)
        try await podman.removeVolumes(pod.volumes)
    }

    /// The run is over: whatever is left of its pods goes, whichever process has made them; not those that somebody wants to
    /// look at.
    /// - Throws: ``PodmanError``
    func runEnded(_ run: RunKey, installation: String) async throws {
        for pod in waiting.withLock({ $0.removeValue(forKey: run) }) ?? [] { try await remove(pod, graceSeconds: 0) }
        let left = try await podman.containers(
            labels: [(PodNames.installation, installation), (PodmanLabels.run, PodmanLabels.runValue(run))]
        ).filter(Self.isUnwanted)
        try await remove(left, graceSeconds: 0)
    }

    /// Ends and removes containers of which nothing but themselves is known.
    /// - Throws: ``PodmanError``
    func remove(_ records: [ContainerRecord], graceSeconds: Int) async throws {
        try await podman.remove(records.map(\.name), graceSeconds: graceSeconds)
        let volumes = records.flatMap { $0.labels[PodmanLabels.volumes]?.split(separator: ",").map(String.init) ?? [] }
        try await podman.removeVolumes(Set(volumes).sorted())
    }

    private static func isUnwanted(_ record: ContainerRecord) -> Bool {
        record.labels[PodNames.plan].flatMap(PodPlan.init(annotation:))?.finishAction == .delete
    }
}
