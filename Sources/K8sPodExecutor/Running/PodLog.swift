import KubernetesClient
import PipelineCore
import Synchronization

/// Brings the log of a pod's base container to the log of the try: followed while it runs, whole before the try ends.
final class PodLog: Sendable {
    private let pod: PodReference
    private let cluster: PodCluster
    private let reporter: any PodReporter
    /// The pod was there before this process was: what is written down already is of it.
    private let isAdopted: Bool
    private let state = Mutex(State())
    private let news = Signal()

    private struct State {
        var end: ContainerEnd?
        var isWhole = true
        var task: Task<Void, Never>?
    }

    /// Time after a container's end for its last lines, where the node does not answer.
    private static let completionTime: Duration = .seconds(30)

    init(_ pod: PodReference, isAdopted: Bool, cluster: PodCluster, reporter: any PodReporter) {
        self.pod = pod
        self.isAdopted = isAdopted
        self.cluster = cluster
        self.reporter = reporter
    }

    /// - Parameter end: the container has ended: what there is, is all.
    func begin(end: ContainerEnd?) {
        defer { if end != nil { news.raise() } }
        state.withLock { state in
            state.end = state.end ?? end
            guard state.task == nil else { return }
            state.task = Task { [self] in await follow() }
        }
    }

    private func follow() async {
        let container = pod.plan.baseContainer
        let follower = LogFollower(
            client: cluster.client, namespace: pod.namespace, pod: pod.name, container: container)
        var tail = begun()
        do {
            let completion = try await follower.run(tail: &tail) { [self] limit in
                await end(within: limit)
            } deliver: { [reporter] entry in
                reporter.line(entry.text, container: container, at: entry.stamp.timestamp)
            }
            if completion == .podGone { incomplete("The pod went away before its last log lines could be read") }
        } catch {
            if !Task.isCancelled { incomplete("The log cannot be read: \(error)") }
        }
    }

    /// The end of the container, if it is known before `limit` is over.
    private func end(within limit: Duration) async -> ContainerEnd? {
        let known = { @Sendable [self] in state.withLock { $0.end } }
        guard known() == nil, limit > .zero else { return known() }
        await withTaskGroup { group in
            group.addTask { [clock = cluster.clock] in try? await clock.sleep(for: limit, tolerance: nil) }
            group.addTask { [news] in await news.wait() }
            await group.next()
            group.cancelAll()
        }
        return known()
    }

    /// Where the lines that are written down end. Those of an earlier pod of the same try say nothing about this one, whose
    /// node may have another idea of the time.
    private func begun() -> LogTail {
        guard isAdopted, let written = reporter.written() else { return LogTail() }
        return LogTail(newest: written.newest, inSecond: written.inNewestSecond, before: written.inSecondBefore)
    }

    private func incomplete(_ reason: String) {
        state.withLock { $0.isWhole = false }
        reporter.say(reason, isProblem: true)
    }

    /// Returns when all lines are there, or will not come; at a shutdown at once.
    /// - Returns: whether they are all there.
    func complete() async -> Bool {
        guard let task = state.withLock({ $0.task }) else { return true }
        let timer = Task { [self, clock = cluster.clock] in
            guard (try? await clock.sleep(for: Self.completionTime, tolerance: nil)) != nil else { return }
            incomplete("The end of the log did not come within 30 seconds; the pod is kept as long as its run")
            task.cancel()
        }
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            if reporter.terminationReason == .shutdown { task.cancel() }
        }
        timer.cancel()
        return state.withLock { $0.isWhole }
    }

    func cancel() { state.withLock { $0.task }?.cancel() }
}
