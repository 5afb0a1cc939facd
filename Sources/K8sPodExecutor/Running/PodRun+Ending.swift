import KubernetesClient
import PipelineCore
import Synchronization

/// What becomes of the pod, and of what it has left.
extension PodRun {
    /// Time after which a pod whose deletion was asked for is not waited for any more: its node does not answer.
    private static let removalTime: Duration = .seconds(300)

    func note(_ end: PodEnd, isLogWhole: Bool, uid: String) {
        let ending = PodJanitor.Ending(
            uid: uid, isSuccess: end.cause == .exited(0), isLogWhole: isLogWhole,
            hasSidecar: cluster.board.hasSidecar(uid: uid) && pod.plan.hasSidecar)
        state.withLock { $0.ending = ending }
    }

    func result(_ end: PodEnd, _ snapshot: PodSnapshot, _ text: String?) throws -> PodResult {
        var result = PodResult(
            name: pod.name, namespace: pod.namespace, exitCode: 0, reason: end.reason, node: snapshot.node,
            imageID: snapshot.imageID)
        switch end.cause {
        case .disrupted: throw PodFailure(.infrastructure, "pod \(pod.name): \(end.reason)")
        case .deadline: throw PodFailure(.timeout, "pod \(pod.name): \(end.reason)")
        case .neverRan: throw PodFailure(.configuration, "pod \(pod.name): \(end.reason)")
        case .outOfMemory: (result.exitCode, result.reason) = (137, PodExecutor.outOfMemory)
        case .exited(let code): result.exitCode = code
        }
        (result.result, result.isResultCut) = (text, isCut(text))
        return result
    }

    /// What is left of it when the launch is over.
    var leftover: (PodReference, PodJanitor.Ending)? { state.withLock { $0.ending }.map { (pod, $0) } }

    /// No failed try leaves a container that runs.
    func cleanUp(after failure: PodFailure) async {
        // Where the owner is what was deleted, a new one is made for the next pod.
        if failure.kind == .infrastructure {
            await cluster.owners.forget(pod.run, namespace: pod.namespace)
        }
        let (ending, mayBeThere) = state.withLock { ($0.ending, $0.uid != nil || $0.mayExist) }
        guard mayBeThere, !(ending.map { cluster.board.isTerminal(uid: $0.uid) } ?? false) else { return }
        // Not even a cancellation keeps the pod from being ended.
        await Task { [self] in
            await state.withLock { $0.log }?.catchUp()
            _ = await deletePod()
        }.value
    }

    /// Ends the pod of a launch that is not wanted any more, and waits until it is gone or no container of it runs. A
    /// shutdown leaves pods alone: whoever comes next goes on with them.
    func endPod() async {
        guard reporter.terminationReason != .shutdown else { return }
        // The task is cancelled; what ends the pod must not be.
        await Task { [self] in
            let log = state.withLock { $0.log }
            log?.urge()
            await log?.catchUp()
            guard await deletePod() else { return }
            set(.removal, after: Self.removalTime)
            while isStillThere {
                guard !state.withLock({ $0.expired.contains(.removal) }) else { return sayThatItMayRunOn() }
                await signal.wait()
            }
        }.value
    }

    /// - Returns: whether there was a pod to delete.
    private func deletePod() async -> Bool {
        do {
            guard let uid = try await knownUID() else { return false }
            guard let problem = await cluster.janitor.deleteNow(pod.name, namespace: pod.namespace, uid: uid) else { return true }
            reporter.say(
                "Pod \(pod.name) cannot be deleted, which is tried again, and may run on: \(problem)", isProblem: true)
            cluster.janitor.chase(pod, uid: uid)
            return true
        } catch {
            reporter.say("Pod \(pod.name) may be there and run on: \(error.message)", isProblem: true)
            cluster.janitor.chase(pod)
            return false
        }
    }

    /// Whoever was interrupted while the pod was made, or before it was found, has to ask.
    private func knownUID() async throws(KubernetesError) -> String? {
        if let uid = state.withLock({ $0.uid }) { return uid }
        guard let uid = try await cluster.janitor.uid(of: pod) else { return nil }
        state.withLock { state in
            state.uid = uid
            state.listsWhenKnown = cluster.board.listsBegun
        }
        return uid
    }

    private var isStillThere: Bool {
        switch sighting {
        case .gone: return false
        case .unknown:
            cluster.board.requestRelist()
            return true
        case .present(let snapshot, _): return !snapshot.isTerminal
        }
    }

    private func sayThatItMayRunOn() {
        reporter.say(
            "Pod \(pod.name) was deleted five minutes ago, and its node does not say that it has ended", isProblem: true)
    }
}
