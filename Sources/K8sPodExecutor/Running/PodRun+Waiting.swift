import KubernetesClient
import PipelineCore
import Synchronization

/// What a run waits for, and for how long.
extension PodRun {
    /// Time for somebody to add a secret or an image that is not there.
    private static let mendTime: Duration = .seconds(60)
    /// Time that a node has for ending a pod that somebody has deleted, beyond which it counts as lost.
    private static let deletionTime: Duration = .seconds(300)
    /// An ordinary pod has started by then, and costs no call for its Events.
    private static let explanationTime: Duration = .seconds(15)

    func waiting(_ wait: PodWait) async throws {
        let reason = await reason(of: wait)
        await publish(reason)
        switch wait.prospect {
        case .hopeless: throw PodFailure(.configuration, "pod \(pod.name) cannot start: \(reason)")
        case .doubtful:
            set(.mend, after: Self.mendTime)
            if isOver(.mend) { throw PodFailure(.configuration, "pod \(pod.name) does not start: \(reason)") }
        case .hopeful: clear(.mend)
        }
        guard isOver(.start) else { return }
        throw PodFailure(
            .timeout, "pod \(pod.name) has not started within \(Int(pod.plan.startSeconds)) seconds: \(reason)")
    }

    /// That a volume cannot be mounted is said in Events only.
    private func reason(of wait: PodWait) async -> String {
        guard wait.prospect == .hopeful, !wait.isUnscheduled else { return wait.reason }
        if state.withLock({ $0.expired.contains(.explanation) }) {
            clear(.explanation)
            let text = await cluster.warnings(pod.name, namespace: pod.namespace)
            state.withLock { $0.explanation = (wait, text) }
        }
        set(.explanation, after: Self.explanationTime)
        let known = state.withLock { $0.explanation }
        return known.flatMap { $0.of == wait ? $0.text : nil } ?? wait.reason
    }

    func deletion() throws {
        set(.deletion, after: Self.deletionTime)
        guard isOver(.deletion) else { return }
        throw PodFailure(
            .infrastructure, "pod \(pod.name) was deleted from outside, and its node does not say that it has ended")
    }

    /// A pod that a list does not have may be in the next one, where a server is behind.
    func vanished() throws {
        set(.vanished, after: cluster.settings.vanishedGrace)
        guard isOver(.vanished) else { return }
        throw PodFailure(.infrastructure, "pod \(pod.name) has vanished: it was deleted from outside, or its node was")
    }

    func set(_ deadline: Deadline, after duration: Duration) {
        guard !state.withLock({ $0.expired.contains(deadline) }) else { return }
        cluster.alarms.set(deadline, of: self, after: duration)
    }

    func expire(_ deadline: Deadline) {
        state.withLock { _ = $0.expired.insert(deadline) }
        signal.raise()
    }

    func clear(_ deadline: Deadline) {
        cluster.alarms.cancel(deadline, of: self)
        state.withLock { state in
            state.expired.remove(deadline)
            state.listsAtEnd[deadline] = nil
        }
    }

    /// Whether the deadline is over and a list has come through that was begun after it: an API that is away, behind or
    /// silent must not fail a try.
    func isOver(_ deadline: Deadline) -> Bool {
        let begun = cluster.board.listsBegun
        let lists = state.withLock { state -> Int? in
            guard state.expired.contains(deadline) else { return nil }
            if state.listsAtEnd[deadline] == nil { state.listsAtEnd[deadline] = begun }
            return state.listsAtEnd[deadline]
        }
        guard let lists else { return false }
        if cluster.board.lastSuccessfulList > lists { return true }
        cluster.board.requestRelist()
        return false
    }
}
