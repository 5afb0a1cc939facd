import KubernetesClient
import PipelineCore
import Synchronization

/// One launch as a pod, from its creation or adoption to its result. It acts on what the board shows, whenever that
/// changes; after a restart the same code goes on where the pod is.
final class PodRun: Sendable {
    let pod: PodReference
    let cluster: PodCluster
    let reporter: any PodReporter
    let signal = Signal()
    let state: Mutex<State>

    struct State {
        var uid: String?
        /// A creation may have taken effect whose answer was lost.
        var mayExist = false
        /// The pod was there before this process was.
        var isAdopted = false
        var hasBeenSeen = false
        var hasStarted = false
        var listsWhenKnown = Int.max
        /// What was told last of the wait.
        var reason: String?
        /// What the Events said of a wait.
        var explanation: (of: PodWait, text: String?)?
        var expired: Set<Deadline> = []
        /// How many lists were begun when a deadline was found to be over.
        var listsAtEnd: [Deadline: Int] = [:]
        var ending: PodJanitor.Ending?
        var log: PodLog?
        /// Until the pod is there.
        var build: PodBuild?
    }

    /// What is waited for in vain.
    enum Deadline: Hashable, CaseIterable {
        case start, mend, vanished, removal, deletion, explanation, sidecar, sidecarStart
    }

    init(_ pod: PodReference, _ build: PodBuild, cluster: PodCluster, reporter: any PodReporter) {
        self.pod = pod
        self.cluster = cluster
        self.reporter = reporter
        state = Mutex(State(build: build))
    }

    /// Nothing waits here but the signal: each look at the pod is a brief task of its own.
    /// - Throws: ``PodFailure``, `CancellationError`
    func run() async throws -> PodResult {
        cluster.board.watch(pod.name, signal)
        defer { leave() }
        do {
            if let result = try await inBriefTask({ try await self.begin() }) { return result }
            while true {
                if let result = try await inBriefTask({ try await self.turn() }) { return result }
                await signal.wait()
            }
        } catch let error where Task.isCancelled || error is CancellationError {
            await endPod()
            throw CancellationError()
        } catch let failure as PodFailure {
            await cleanUp(after: failure)
            throw failure
        }
    }

    private func leave() {
        cluster.board.forget(pod.name)
        cluster.gate?.leave(pod)
        cluster.alarms.cancelAll(of: self)
        // Not before: what the container says when it is ended is worth most.
        state.withLock { $0.log }?.cancel()
    }

    // MARK: - Beginning

    /// - Returns: the result of a pod that is followed by another one of its launch already; `nil`: the pod is there.
    private func begin() async throws -> PodResult? {
        try await untilSynced()
        if cluster.board.hasLaterAttempt(than: pod.identity) { return superseded() }
        try await create()
        set(.start, after: .seconds(pod.plan.startSeconds))
        state.withLock { state in
            state.build = nil
            state.log = PodLog(pod, isAdopted: state.isAdopted, cluster: cluster, reporter: reporter)
        }
        return nil
    }

    /// Before a first list came through, nobody knows which pods are there.
    private func untilSynced() async throws {
        while !cluster.board.isSynced {
            try Task.checkCancellation()
            if case .degraded(let reason) = cluster.board.health { await publish(reason) }
            await signal.wait()
        }
    }

    private func create() async throws {
        let lists = cluster.board.listsBegun
        if case .present(let snapshot, let uid) = cluster.board.sighting(pod.name, knownSince: .max),
            snapshot.belongs(to: pod.identity)
        {
            return known(PodCreation.Made(uid: uid, isAdopted: true), lists)
        }
        guard let build = state.withLock({ $0.build }) else { return }
        if !wasThere, let gate = cluster.gate {
            try await gate.enter(build.request(), priority: build.priority, reporter: reporter)
        }
        let made = try await creation.make(pod, isExpected: wasThere, build: build)
        known(made, cluster.board.listsBegun)
    }

    private var creation: PodCreation {
        PodCreation(
            client: cluster.client, owners: cluster.owners, turns: cluster.creations, clock: cluster.clock,
            isShutdown: { [reporter] in reporter.terminationReason == .shutdown },
            waits: { [self] reason in
                state.withLock { $0.mayExist = true }
                await publish(reason)
            })
    }

    /// Lines of the first launch of a try can only be of the pod that is looked for.
    private var wasThere: Bool {
        pod.identity.launch.number == 1 && pod.identity.attempt == 1 && reporter.written() != nil
    }

    private func known(_ made: PodCreation.Made, _ lists: Int) {
        state.withLock { state in
            (state.uid, state.isAdopted) = (made.uid, made.isAdopted)
            state.listsWhenKnown = lists
        }
        let text = made.isAdopted ? "Going on with pod \(pod.name)" : "Created pod \(pod.name)"
        reporter.say("\(text) in namespace \(pod.namespace)", isProblem: false)
    }

    /// A pod of the same launch follows already: this one ran out of memory, and its log is all there.
    private func superseded() -> PodResult {
        if case .present(_, let uid) = cluster.board.sighting(pod.name, knownSince: .max) {
            state.withLock { state in
                state.ending = PodJanitor.Ending(uid: uid, isSuccess: false, isLogWhole: true)
            }
        }
        return PodResult(
            name: pod.name, namespace: pod.namespace, exitCode: 137, reason: PodExecutor.outOfMemory)
    }

    // MARK: - Following

    /// Looks at what the board shows.
    /// - Returns: the result, once the pod has one and its log is there.
    private func turn() async throws -> PodResult? {
        try Task.checkCancellation()
        switch sighting {
        case .unknown:
            // A watch has told of its end; only a list may say so.
            if state.withLock({ $0.hasBeenSeen }) { cluster.board.requestRelist() }
        case .gone: try vanished()
        case .present(let snapshot, _):
            clear(.vanished)
            state.withLock { $0.hasBeenSeen = true }
            if let end = try await look(at: snapshot) { return try await conclude(end, snapshot) }
        }
        return nil
    }

    private func conclude(_ end: PodEnd, _ snapshot: PodSnapshot) async throws -> PodResult {
        await reporter.waits(for: nil)
        let isWhole = await state.withLock { $0.log }?.complete() ?? true
        // Who comes next reads the rest of the log.
        if reporter.terminationReason == .shutdown { try Task.checkCancellation() }
        let text = try await resultText(end)
        note(end, isLogWhole: isWhole)
        return try result(end, snapshot, text)
    }

    var sighting: PodBoard.Sighting {
        let (uid, lists) = state.withLock { ($0.uid, $0.listsWhenKnown) }
        return cluster.board.sighting(pod.name, uid: uid, knownSince: lists)
    }

    private func look(at snapshot: PodSnapshot) async throws -> PodEnd? {
        let log = state.withLock { $0.log }
        switch snapshot.verdict {
        case .ended(let end):
            guard end.hasRun else { return end }
            await started(snapshot)
            log?.begin(end: ContainerEnd(finishedAt: end.finishedAt))
            return end
        case .running:
            clear(.start)
            clear(.mend)
            clear(.explanation)
            await started(snapshot)
            await publish(nil)
            log?.begin(end: nil)
            try checkSidecar(snapshot)
        case .waiting(let wait):
            try await waiting(wait)
        }
        if snapshot.isDeleting { try deletion() }
        return nil
    }

    private func started(_ snapshot: PodSnapshot) async {
        let isFirst = state.withLock { state in
            defer { state.hasStarted = true }
            return !state.hasStarted
        }
        if isFirst { await reporter.started(host: snapshot.node ?? pod.name, image: snapshot.imageID) }
    }

    func publish(_ reason: String?) async {
        let isNews = state.withLock { state in
            defer { state.reason = reason }
            return state.reason != reason
        }
        if isNews { await reporter.waits(for: reason) }
    }
}
