import KubernetesClient
import PipelineCore
import Synchronization

/// The result that a task has left.
extension PodRun {
    /// What the kubelet cuts at: a longer message is not whole.
    private static let terminationMessageBytes = 4_096
    /// Time for the image of the sidecar, once there is a reason to doubt it.
    private static let sidecarMendTime: Duration = .seconds(60)

    /// - Returns: `nil` where nothing was asked for or nothing was left.
    /// - Throws: ``PodFailure``, `CancellationError`
    func resultText(_ end: PodEnd) async throws -> String? {
        guard pod.plan.pushesXCom else { return nil }
        guard pod.plan.hasSidecar else { return end.message }
        switch end.cause {
        case .exited, .outOfMemory: return try await sidecarResult()
        case .deadline, .neverRan, .disrupted: return nil
        }
    }

    func isCut(_ text: String?) -> Bool {
        !pod.plan.hasSidecar && (text?.utf8.count ?? 0) >= Self.terminationMessageBytes
    }

    private func sidecarResult() async throws -> String {
        try await untilSidecarRuns()
        let commands = SidecarCommands(
            client: cluster.client, connector: cluster.connector, clock: cluster.clock, pod: pod)
        let text = try await commands.read()
        // Devices are free only when the whole pod has ended. One that cannot be ended is deleted with its pod.
        if let problem = await commands.end() {
            reporter.say("\(XComSidecar.containerName) of pod \(pod.name) runs on: \(problem)", isProblem: true)
        }
        return text
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
