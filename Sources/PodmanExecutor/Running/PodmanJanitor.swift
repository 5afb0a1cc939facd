import K8sPodExecutor
import PipelineCore
import Synchronization

/// Removes the containers of pods whose end is in the store, off the way of results. Until then they are the only witness of
/// the result, and stay however long that takes.
final class PodmanJanitor: Sendable {
    private struct State {
        var ledger = LaunchLedger<PodmanPod>()
        /// Pods that go after a delay, or with their run.
        var due: [RunKey: [PodmanPod]] = [:]
    }

    private let podman: Podman
    private let clock: any Clock<Duration>
    private let delay: Duration
    /// Told of pods that cannot be removed, for people.
    private let warn: @Sendable (String) -> Void
    private let state = Mutex(State())

    init(podman: Podman, clock: any Clock<Duration>, delay: Duration, warn: @escaping @Sendable (String) -> Void) {
        self.podman = podman
        self.clock = clock
        self.delay = delay
        self.warn = warn
    }

    // MARK: - Launches

    func begin(_ launch: LaunchID, of run: RunKey) { state.withLock { $0.ledger.begin(launch, of: run) } }

    func isInHand(_ launch: LaunchID) -> Bool { state.withLock { $0.ledger.isInHand(launch) } }

    /// The launch is over, and its results were read.
    /// - Parameter pods: those that nobody wants to look at; none at a shutdown, which leaves them to who comes next.
    func settle(_ launch: LaunchID, _ pods: [PodmanPod]) {
        for pod in state.withLock({ $0.ledger.settle(launch, pods) }) { removeLater(pod) }
    }

    /// The ends of this launch, and of earlier ones of the same try, are in the store.
    func endIsDurable(_ launch: LaunchID) {
        for pod in state.withLock({ $0.ledger.endIsDurable(launch) }) { removeLater(pod) }
    }

    // MARK: - Removing

    private func removeLater(_ pod: PodmanPod) {
        state.withLock { $0.due[pod.run, default: []].append(pod) }
        Task { [self] in
            await Persistence(clock: clock, warn: warn).run(after: delay) {
                // A run that ends takes its pods along.
                guard isDue(pod) else { return nil }
                if let problem = await removeOnce(pod) { return problem }
                forget(pod)
                return nil
            }
        }
    }

    private func isDue(_ pod: PodmanPod) -> Bool { state.withLock { $0.due[pod.run]?.contains(pod) ?? false } }

    private func forget(_ pod: PodmanPod) {
        state.withLock { state in
            state.due[pod.run]?.removeAll { $0 == pod }
            if state.due[pod.run]?.isEmpty == true { state.due[pod.run] = nil }
        }
    }

    private func removeOnce(_ pod: PodmanPod) async -> String? {
        do {
            try await remove(pod, graceSeconds: 0)
            return nil
        } catch {
            return "pod \(pod.name) cannot be removed, which is tried again: \(error)"
        }
    }

    /// Ends what runs of the pod, and removes it.
    /// - Throws: ``PodmanError``
    func remove(_ pod: PodmanPod, graceSeconds: Int) async throws {
        try await podman.remove(pod.containers.map(\.fullName), graceSeconds: graceSeconds)
        try await podman.removeVolumes(pod.volumes)
    }

    /// Ends and removes containers of which nothing but themselves is known.
    /// - Throws: ``PodmanError``
    func remove(_ records: [ContainerRecord], graceSeconds: Int) async throws {
        try await podman.remove(records.map(\.name), graceSeconds: graceSeconds)
        let volumes = records.flatMap { $0.labels[PodmanLabels.volumes]?.split(separator: ",").map(String.init) ?? [] }
        try await podman.removeVolumes(Set(volumes).sorted())
    }

    /// The run is over: whatever is left of its pods goes, whichever process has made them; not those that somebody wants to
    /// look at.
    /// - Throws: ``PodsLeft``, which are tried on; ``PodmanError``
    func runEnded(_ run: RunKey, installation: String) async throws {
        let due = state.withLock { state in (state.due.removeValue(forKey: run) ?? []) + state.ledger.runEnded(run) }
        var problems: [String] = []
        for pod in due {
            guard let problem = await removeOnce(pod) else { continue }
            problems.append(problem)
            removeLater(pod)
        }
        guard problems.isEmpty else { throw PodsLeft(problems) }
        let left = try await podman.containers(
            labels: [(PodNames.installation, installation), (PodmanLabels.run, PodmanLabels.runValue(run))])
        try await remove(left.filter { $0.plan?.finishAction == .delete }, graceSeconds: 0)
    }
}
