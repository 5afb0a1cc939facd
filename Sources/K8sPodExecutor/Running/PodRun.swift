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
        var hasBegun = false
        /// Among those that begin at the same time.
        var hasPlace = false
        var isCancelled = false
        var task: Task<Void, Never>?
        var completion: (@Sendable (Result<PodResult, any Error>) -> Void)?
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

    // MARK: - Steps

    /// Nothing is suspended while there is nothing to do: each look at the pod is a brief task of its own.
    /// - Parameter completion: called once, with a ``PodFailure``, a `CancellationError` or the result.
    func start(_ completion: @escaping @Sendable (Result<PodResult, any Error>) -> Void) {
        state.withLock { state in (state.completion, state.hasPlace) = (completion, true) }
        cluster.board.watch(pod.name, signal)
        cluster.starts.enter { [self] in act() }
    }

    /// The launch is not wanted any more, or the process ends.
    func cancel() {
        let task = state.withLock { state in
            state.isCancelled = true
            return state.task
        }
        task?.cancel()
        signal.raise()
    }

    /// Never twice at once: the next step begins when the signal is raised after this one.
    private func act() {
        state.withLock { state in
            let task = Task { [self] in await step() }
            if state.isCancelled { task.cancel() }
            state.task = task
        }
    }

    private func step() async {
        guard let end = await ended() else {
            state.withLock { $0.task = nil }
            return signal.whenRaised { [self] in act() }
        }
        leave()
        state.withLock { state in
            state.task = nil
            return state.completion.take()
        }?(end)
    }

    /// - Returns: `nil` while the pod goes on.
    private func ended() async -> Result<PodResult, any Error>? {
        do {
            if state.withLock({ $0.isCancelled }) { throw CancellationError() }
            if !state.withLock({ $0.hasBegun }), let result = try await begin() { return .success(result) }
            return try await turn().map { .success($0) }
        } catch let error where Task.isCancelled || error is CancellationError {
            await endPod()
            return .failure(CancellationError())
        } catch {
            if let failure = error as? PodFailure { await cleanUp(after: failure) }
            return .failure(error)
        }
    }

    /// What follows may take long: others may begin.
    func giveWay() {
        let hadPlace = state.withLock { state in
            defer { state.hasPlace = false }
            return state.hasPlace
        }
        if hadPlace { cluster.starts.leave() }
    }

    private func leave() {
        giveWay()
        cluster.board.forget(pod.name, signal)
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
        giveWay()
        set(.start, after: .seconds(pod.plan.startSeconds))
        state.withLock { state in
            state.build = nil
            state.hasBegun = true
            state.log = PodLog(pod, isAdopted: state.isAdopted, cluster: cluster, reporter: reporter)
        }
        return nil
    }

    /// Before a first list came through, nobody knows which pods are there.
    private func untilSynced() async throws {
        while !cluster.board.isSynced {
            giveWay()
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
            giveWay()
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
                giveWay()
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
        case .present(let snapshot, let uid):
            clear(.vanished)
            // The board's own text, so that it is kept once.
            state.withLock { state in (state.hasBeenSeen, state.uid) = (true, uid) }
            if let end = try await look(at: snapshot) { return try await conclude(end, snapshot, uid) }
        }
        return nil
    }

    private func conclude(_ end: PodEnd, _ snapshot: PodSnapshot, _ uid: String) async throws -> PodResult {
        await reporter.waits(for: nil)
        let isWhole = await state.withLock { $0.log }?.complete() ?? true
        // Who comes next reads the rest of the log.
        if reporter.terminationReason == .shutdown { try Task.checkCancellation() }
        let text = try await resultText(end)
        note(end, isLogWhole: isWhole, uid: uid)
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
        if snapshot.isDeleting {
            log?.urge()
            try deletion()
        }
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
