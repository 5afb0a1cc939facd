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
    func resultText(_ end: PodEnd, _ timers: DeadlineTimers<Deadline>) async throws -> String? {
        guard request.plan.pushesXCom else { return nil }
        guard request.plan.hasSidecar else { return end.message }
        switch end.cause {
        case .exited, .outOfMemory: return try await sidecarResult(timers)
        case .deadline, .neverRan, .disrupted: return nil
        }
    }

    func isCut(_ text: String?) -> Bool {
        !request.plan.hasSidecar && (text?.utf8.count ?? 0) >= Self.terminationMessageBytes
    }

    private func sidecarResult(_ timers: DeadlineTimers<Deadline>) async throws -> String {
        try await untilSidecarRuns(timers)
        let commands = SidecarCommands(
            client: cluster.client, connector: cluster.connector, clock: cluster.clock, request: request)
        let text = try await commands.read()
        // Devices are free only when the whole pod has ended. One that cannot be ended is deleted with its pod.
        if let problem = await commands.end() {
            reporter.say("\(XComSidecar.containerName) of pod \(request.name) runs on: \(problem)", isProblem: true)
        }
        return text
    }

    private func untilSidecarRuns(_ timers: DeadlineTimers<Deadline>) async throws {
        timers.set(.sidecarStart, after: .seconds(request.plan.startSeconds))
        defer { clear(.sidecarStart, timers) }
        while true {
            try Task.checkCancellation()
            switch sighting {
            case .unknown: cluster.board.requestRelist()
            case .gone: try vanished(timers)
            case .present(let snapshot, _):
                if snapshot.sidecar == .running { return }
                if snapshot.sidecar == .ended { throw unreadable(.infrastructure, "it has ended") }
                try checkSidecar(snapshot, timers)
                if isOver(.sidecarStart) { throw unreadable(.timeout, "it has not started in time") }
            }
            await signal.wait()
        }
    }

    /// A sidecar that cannot start is said while the task runs, not when its result is to be read.
    func checkSidecar(_ snapshot: PodSnapshot, _ timers: DeadlineTimers<Deadline>) throws {
        guard case .waiting(let wait)? = snapshot.sidecar, wait.prospect != .hopeful else {
            return clear(.sidecar, timers)
        }
        timers.set(.sidecar, after: Self.sidecarMendTime)
        guard wait.prospect == .hopeless || isOver(.sidecar) else { return }
        throw unreadable(
            .configuration, "\(wait.reason); set xcom_sidecar_container_image to an image that the nodes can have")
    }

    private func unreadable(_ kind: PodFailure.Class, _ text: String) -> PodFailure {
        PodFailure(kind, "the container \(XComSidecar.containerName) of pod \(request.name) keeps no result: \(text)")
    }
}
