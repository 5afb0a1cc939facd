import KubernetesClient
import PipelineCore
import Synchronization

/// The result that a task has left.
extension PodRun {
    /// Time for the image of the sidecar, once there is a reason to doubt it.
    private static let sidecarMendTime: Duration = .seconds(60)

    /// - Returns: `nil` where nothing was asked for or nothing was left.
    /// - Throws: ``PodFailure``, `CancellationError`
    func resultText(_ end: PodEnd) async throws -> String? {
        guard pod.plan.pushesXCom else { return nil }
        guard pod.plan.hasSidecar else { return end.message }
        switch end.cause {
        case .outOfMemory where sidecarHasEnded: return nil
        case .exited, .outOfMemory: return try await sidecarResult()
        case .deadline, .neverRan, .disrupted: return nil
        }
    }

    func isCut(_ text: String?) -> Bool {
        !pod.plan.hasSidecar && (text?.utf8.count ?? 0) >= ResultLimits.messageBytes
    }

    /// One that was followed by a pod with more memory was ended for it.
    private var sidecarHasEnded: Bool {
        if case .present(let snapshot, _) = sighting { snapshot.sidecar == .ended } else { false }
    }

    private static let longestDelay: Duration = .seconds(30)

    /// Asks until the result is there, or can never come: its pod is the only witness of it, so an API that is away, a right
    /// that is missing or credentials that have expired are waited for. The container is ended when the result is in the
    /// store.
    private func sidecarResult() async throws -> String {
        let commands = SidecarCommands(client: cluster.client, connector: cluster.connector, pod: pod)
        var delay: Duration = .seconds(1)
        while true {
            try await untilSidecarRuns()
            switch try await commands.read() {
            case .success(let text):
                await publish(nil)
                return text
            case .failure(let error):
                try Task.checkCancellation()
                await publish("the result cannot be read from \(XComSidecar.containerName) yet: \(error.message)")
                try await cluster.clock.sleep(for: max(delay, error.retryAfter), tolerance: nil)
                delay = min(delay * 2, Self.longestDelay)
            }
        }
    }

    private func untilSidecarRuns() async throws {
        set(.sidecarStart, after: .seconds(pod.plan.startSeconds))
        defer { clear(.sidecarStart) }
        while true {
            try Task.checkCancellation()
            switch sighting {
            case .unknown: cluster.board.requestRelist()
            case .gone: try vanished()
            case .present(let snapshot, _):
                clear(.vanished)
                if snapshot.isDeleting { try deletion() }
                if snapshot.sidecar == .running { return }
                if snapshot.sidecar == .ended { throw unreadable(.infrastructure, "it has ended") }
                try checkSidecar(snapshot)
                if isOver(.sidecarStart) { throw unreadable(.timeout, "it has not started in time") }
            }
            await signal.wait()
        }
    }

    /// A sidecar that cannot start is said while the task runs, not when its result is to be read.
    func checkSidecar(_ snapshot: PodSnapshot) throws {
        guard case .waiting(let wait)? = snapshot.sidecar, wait.prospect != .hopeful else {
            return clear(.sidecar)
        }
        set(.sidecar, after: Self.sidecarMendTime)
        guard wait.prospect == .hopeless || isOver(.sidecar) else { return }
        throw unreadable(
            .configuration, "\(wait.reason); set xcom_sidecar_container_image to an image that the nodes can have")
    }

    private func unreadable(_ kind: PodFailure.Class, _ text: String) -> PodFailure {
        PodFailure(kind, "the container \(XComSidecar.containerName) of pod \(pod.name) keeps no result: \(text)")
    }
}
