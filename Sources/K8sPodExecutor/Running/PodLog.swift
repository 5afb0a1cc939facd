import KubernetesClient
import PipelineCore
import Synchronization

/// Brings the log of a pod's base container to the log of the try: followed while it runs, whole before the try ends.
final class PodLog: Sendable {
    private let request: PodRequest
    private let cluster: PodCluster
    private let reporter: any PodReporter
    private let state = Mutex(State())

    private struct State {
        var isOver = false
        var task: Task<Void, Never>?
    }

    /// Time after a container's end for its last lines, where the node does not answer.
    private static let completionTime: Duration = .seconds(30)

    init(_ request: PodRequest, cluster: PodCluster, reporter: any PodReporter) {
        self.request = request
        self.cluster = cluster
        self.reporter = reporter
    }

    /// - Parameter isOver: the container has ended: what there is, is all.
    func begin(isOver: Bool) {
        state.withLock { state in
            state.isOver = state.isOver || isOver
            guard state.task == nil else { return }
            state.task = Task { [self] in await follow() }
        }
    }

    private func follow() async {
        let container = request.plan.baseContainer
        let follower = LogFollower(
            client: cluster.client, namespace: request.namespace, pod: request.name, container: container)
        var tail = reporter.written().map { LogTail(newest: $0.newest, inSecond: $0.inNewestSecond, before: $0.inSecondBefore) } ?? LogTail()
        do {
            let completion = try await follower.run(tail: &tail) { [self] in
                state.withLock { $0.isOver }
            } deliver: { [reporter] entry in
                reporter.line(entry.text, container: container, at: entry.stamp.timestamp)
            }
            if completion == .podGone {
                reporter.say("The pod went away before its last log lines could be read", isProblem: true)
            }
        } catch {
            if !Task.isCancelled { reporter.say("The log cannot be read: \(error)", isProblem: true) }
        }
    }

    /// Returns when all lines are there, or will not come.
    func complete() async {
        guard let task = state.withLock({ $0.task }) else { return }
        let timer = Task { [reporter, clock = cluster.clock] in
            guard (try? await clock.sleep(for: Self.completionTime, tolerance: nil)) != nil else { return }
            reporter.say("The end of the log did not come within 30 seconds", isProblem: true)
            task.cancel()
        }
        await task.value
        timer.cancel()
    }

    func cancel() { state.withLock { $0.task }?.cancel() }
}
