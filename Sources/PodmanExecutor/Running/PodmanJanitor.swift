import K8sPodExecutor
import PipelineCore
import Synchronization

/// Removes the containers of pods whose end is in the store, off the way of results. Until then they are the only witness of
/// the result, and stay however long that takes.
final class PodmanJanitor: Sendable {
    /// A launch that is run at the moment, or has left pods that may not go yet.
    private struct Launch {
        var isSaved = false
        /// `nil`: it is not over.
        var pods: [PodmanPod]?
        let run: RunKey
    }

    private struct State {
        var launches: [LaunchID: Launch] = [:]
        /// Pods that go after a delay, or with their run.
        var due: [RunKey: [PodmanPod]] = [:]
    }

    private let podman: Podman
    private let clock: any Clock<Duration>
    private let delay: Duration
    private let state = Mutex(State())

    init(podman: Podman, clock: any Clock<Duration>, delay: Duration) {
        self.podman = podman
        self.clock = clock
        self.delay = delay
    }

    // MARK: - Launches

    func begin(_ launch: LaunchID, of run: RunKey) { state.withLock { $0.launches[launch] = Launch(run: run) } }

    func isInHand(_ launch: LaunchID) -> Bool { state.withLock { $0.launches[launch] != nil } }

    /// The launch is over, and its results were read.
    /// - Parameter pods: those that nobody wants to look at; none at a shutdown, which leaves them to who comes next.
    func settle(_ launch: LaunchID, _ pods: [PodmanPod]) {
        change({ $0 == launch }) { $0.pods = pods }
    }

    /// The ends of this launch, and of earlier ones of the same try, are in the store.
    func endIsDurable(_ launch: LaunchID) {
        change({ $0.tryID == launch.tryID && $0.number <= launch.number }) { $0.isSaved = true }
    }

    /// Launches that are over and saved are done with: their pods go.
    private func change(_ isMeant: (LaunchID) -> Bool, _ body: (inout Launch) -> Void) {
        let due = state.withLock { state -> [(PodmanPod, RunKey)] in
            var due: [(PodmanPod, RunKey)] = []
            for (id, var launch) in state.launches where isMeant(id) {
                body(&launch)
                state.launches[id] = launch
                guard let pods = launch.pods, launch.isSaved || pods.isEmpty else { continue }
                state.launches[id] = nil
                state.due[launch.run, default: []] += pods
                due += pods.map { ($0, launch.run) }
            }
            return due
        }
        for (pod, run) in due { removeLater(pod, of: run) }
    }

    // MARK: - Removing

    private func removeLater(_ pod: PodmanPod, of run: RunKey) {
        Task { [self] in
            guard (try? await clock.sleep(for: delay, tolerance: nil)) != nil, take(pod, of: run) else { return }
            // What is left goes with the run.
            try? await remove(pod, graceSeconds: 0)
        }
    }

    private func take(_ pod: PodmanPod, of run: RunKey) -> Bool {
        state.withLock { state in
            guard let index = state.due[run]?.firstIndex(of: pod) else { return false }
            state.due[run]?.remove(at: index)
            if state.due[run]?.isEmpty == true { state.due[run] = nil }
            return true
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
    /// - Throws: ``PodmanError``
    func runEnded(_ run: RunKey, installation: String) async throws {
        let due = state.withLock { state -> [PodmanPod] in
            let waiting = state.launches.filter { $0.value.run == run && $0.value.pods != nil }
            for id in waiting.keys { state.launches[id] = nil }
            return (state.due.removeValue(forKey: run) ?? []) + waiting.values.flatMap { $0.pods ?? [] }
        }
        for pod in due { try await remove(pod, graceSeconds: 0) }
        let left = try await podman.containers(
            labels: [(PodNames.installation, installation), (PodmanLabels.run, PodmanLabels.runValue(run))])
        try await remove(left.filter { $0.plan?.finishAction == .delete }, graceSeconds: 0)
    }
}
