import KubernetesClient
import PipelineCore
import Synchronization

/// One launch as a pod, from its creation or adoption to its result. It acts on what the board shows, whenever that
/// changes; after a restart the same code goes on where the pod is.
final class PodRun: Sendable {
    let request: PodRequest
    let cluster: PodCluster
    let reporter: any PodReporter
    let signal = Signal()
    let state = Mutex(State())

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
    }

    /// What is waited for in vain.
    enum Deadline: Hashable {
        case start, mend, vanished, removal, deletion, explanation, sidecar, sidecarStart
    }

    private let sealed: @Sendable (PodRequest) -> PodRequest
    private let admit: @Sendable () async throws -> Void

    /// - Parameters:
    ///   - sealed: what is sent of the request, made each time that it is sent.
    ///   - admit: returns when there is room for a pod that is not there yet.
    init(
        _ request: PodRequest, cluster: PodCluster, reporter: any PodReporter,
        sealed: @escaping @Sendable (PodRequest) -> PodRequest = { $0 },
        admit: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.request = request
        self.sealed = sealed
        self.admit = admit
        self.cluster = cluster
        self.reporter = reporter
    }

    /// - Throws: ``PodFailure``, `CancellationError`
    func run() async throws -> PodResult {
        cluster.board.watch(request.name, signal)
        defer { cluster.board.forget(request.name) }
        let timers = DeadlineTimers<Deadline>(clock: cluster.clock) { [weak self] in self?.expire($0) }
        defer {
            timers.cancelAll()
            // Not before: what the container says when it is ended is worth most.
            state.withLock { $0.log }?.cancel()
        }
        do {
            try await untilSynced()
            if cluster.board.hasLaterAttempt(than: request.identity) { return superseded() }
            try await create()
            return try await follow(timers)
        } catch let error where Task.isCancelled || error is CancellationError {
            await endPod(timers)
            throw CancellationError()
        } catch let failure as PodFailure {
            await cleanUp(after: failure)
            throw failure
        }
    }

    // MARK: - Beginning

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
        if case .present(let snapshot, let uid) = cluster.board.sighting(request.name, knownSince: .max),
            snapshot.belongs(to: request.identity)
        {
            return known(PodCreation.Made(uid: uid, isAdopted: true), lists)
        }
        if !wasThere { try await admit() }
        let made = try await creation.make(request, isExpected: wasThere)
        known(made, cluster.board.listsBegun)
    }

    private var creation: PodCreation {
        PodCreation(
            client: cluster.client, owners: cluster.owners, clock: cluster.clock, sealed: sealed,
            isShutdown: { [reporter] in reporter.terminationReason == .shutdown },
            waits: { [self] reason in
                state.withLock { $0.mayExist = true }
                await publish(reason)
            })
    }

    /// Lines of the first launch of a try can only be of the pod that is looked for.
    private var wasThere: Bool {
        request.identity.launch.number == 1 && request.identity.attempt == 1 && reporter.written() != nil
    }

    private func known(_ made: PodCreation.Made, _ lists: Int) {
        state.withLock { state in
            (state.uid, state.isAdopted) = (made.uid, made.isAdopted)
            state.listsWhenKnown = lists
        }
        let text = made.isAdopted ? "Going on with pod \(request.name)" : "Created pod \(request.name)"
        reporter.say("\(text) in namespace \(request.namespace)", isProblem: false)
    }

    /// A pod of the same launch follows already: this one ran out of memory, and its log is all there.
    private func superseded() -> PodResult {
        if case .present(let snapshot, let uid) = cluster.board.sighting(request.name, knownSince: .max) {
            let isTerminal = snapshot.isTerminal
            state.withLock { state in
                state.ending = PodJanitor.Ending(
                    uid: uid, isSuccess: false, isTerminal: { isTerminal }, isLogWhole: true)
            }
        }
        return PodResult(
            name: request.name, namespace: request.namespace, exitCode: 137, reason: PodExecutor.outOfMemory)
    }

    // MARK: - Following

    private func follow(_ timers: DeadlineTimers<Deadline>) async throws -> PodResult {
        timers.set(.start, after: .seconds(request.plan.startSeconds))
        let isAdopted = state.withLock { $0.isAdopted }
        let log = PodLog(request, isAdopted: isAdopted, cluster: cluster, reporter: reporter)
        state.withLock { $0.log = log }
        let (end, snapshot) = try await end(timers, log)
        await reporter.waits(for: nil)
        let isWhole = await log.complete()
        // Who comes next reads the rest of the log.
        if reporter.terminationReason == .shutdown { try Task.checkCancellation() }
        let text = try await resultText(end, timers)
        note(end, isLogWhole: isWhole)
        return try result(end, snapshot, text)
    }

    private func end(_ timers: DeadlineTimers<Deadline>, _ log: PodLog) async throws -> (PodEnd, PodSnapshot) {
        while true {
            try Task.checkCancellation()
            switch sighting {
            case .unknown:
                // A watch has told of its end; only a list may say so.
                if state.withLock({ $0.hasBeenSeen }) { cluster.board.requestRelist() }
            case .gone: try vanished(timers)
            case .present(let snapshot, _):
                clear(.vanished, timers)
                state.withLock { $0.hasBeenSeen = true }
                if let end = try await look(at: snapshot, timers, log) { return (end, snapshot) }
            }
            await signal.wait()
        }
    }

    var sighting: PodBoard.Sighting {
        let (uid, lists) = state.withLock { ($0.uid, $0.listsWhenKnown) }
        return cluster.board.sighting(request.name, uid: uid, knownSince: lists)
    }

    private func look(
        at snapshot: PodSnapshot, _ timers: DeadlineTimers<Deadline>, _ log: PodLog
    ) async throws -> PodEnd? {
        switch snapshot.verdict {
        case .ended(let end):
            guard end.hasRun else { return end }
            await started(snapshot)
            log.begin(isOver: true)
            return end
        case .running:
            clear(.start, timers)
            clear(.mend, timers)
            await started(snapshot)
            await publish(nil)
            log.begin(isOver: false)
            try checkSidecar(snapshot, timers)
        case .waiting(let wait):
            try await waiting(wait, timers)
        }
        if snapshot.isDeleting { try deletion(timers) }
        return nil
    }

    private func started(_ snapshot: PodSnapshot) async {
        let isFirst = state.withLock { state in
            defer { state.hasStarted = true }
            return !state.hasStarted
        }
        if isFirst { await reporter.started(host: snapshot.node ?? request.name, image: snapshot.imageID) }
    }

    func publish(_ reason: String?) async {
        let isNews = state.withLock { state in
            defer { state.reason = reason }
            return state.reason != reason
        }
        if isNews { await reporter.waits(for: reason) }
    }
}
