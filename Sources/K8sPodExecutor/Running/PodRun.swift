import KubernetesClient
import PipelineCore
import Synchronization

/// One launch as a pod, from its creation or adoption to its result. It acts on what the board shows, whenever that
/// changes; after a restart the same code goes on where the pod is.
final class PodRun: Sendable {
    private let request: PodRequest
    private let cluster: PodCluster
    private let reporter: any PodReporter
    private let signal = Signal()
    private let state: Mutex<State>

    private struct State {
        var listsWhenKnown: Int
        var uid: String?
        var hasStarted = false
        var reason: String?
        var expired: Set<Deadline> = []
    }

    /// What is waited for in vain.
    private enum Deadline: Hashable {
        case start, mend, vanished, removal
    }

    /// Time for somebody to add a secret or an image that is not there.
    private static let mendTime: Duration = .seconds(60)
    /// Time after which a pod whose deletion was asked for is forgotten: its node does not answer.
    private static let removalTime: Duration = .seconds(300)

    init(_ request: PodRequest, cluster: PodCluster, reporter: any PodReporter) {
        self.request = request
        self.cluster = cluster
        self.reporter = reporter
        state = Mutex(State(listsWhenKnown: .max))
    }

    /// - Throws: ``PodFailure``, `CancellationError`
    func run() async throws -> PodResult {
        cluster.board.watch(request.name, signal)
        defer { cluster.board.forget(request.name) }
        try await create()
        let timers = DeadlineTimers<Deadline>(clock: cluster.clock) { [weak self] in self?.expire($0) }
        defer { timers.cancelAll() }
        timers.set(.start, after: .seconds(request.plan.startSeconds))
        let log = PodLog(request, cluster: cluster, reporter: reporter)
        defer { log.cancel() }
        do {
            let (end, snapshot) = try await end(timers, log)
            await reporter.waits(for: nil)
            await log.complete()
            return try result(end, snapshot)
        } catch let error where Task.isCancelled || error is CancellationError {
            try await endPod(timers)
            throw CancellationError()
        } catch let failure as PodFailure {
            // No failed try leaves a container that runs.
            await deletePod()
            throw failure
        }
    }

    // MARK: - Beginning

    private func create() async throws {
        try await untilSynced()
        let lists = cluster.board.listsBegun
        if case .present(let snapshot, let uid) = cluster.board.sighting(request.name, knownSince: .max),
            snapshot.belongs(to: request.identity)
        {
            reporter.say("Going on with pod \(request.name)", isProblem: false)
            return known(uid, lists)
        }
        let uid = try await cluster.creation(waits: publish).make(request)
        reporter.say("Created pod \(request.name) in namespace \(request.namespace)", isProblem: false)
        known(uid, cluster.board.listsBegun)
    }

    /// Before a first list came through, nobody knows which pods are there.
    private func untilSynced() async throws {
        while !cluster.board.isSynced {
            try Task.checkCancellation()
            if case .degraded(let reason) = cluster.board.health { await publish(reason) }
            await signal.wait()
        }
    }

    private func known(_ uid: String, _ lists: Int) {
        state.withLock { state in
            state.uid = uid
            state.listsWhenKnown = lists
        }
    }

    // MARK: - Following

    private func end(_ timers: DeadlineTimers<Deadline>, _ log: PodLog) async throws -> (PodEnd, PodSnapshot) {
        while true {
            try Task.checkCancellation()
            let lists = state.withLock { $0.listsWhenKnown }
            switch cluster.board.sighting(request.name, knownSince: lists) {
            case .unknown: break
            case .gone: try vanished(timers)
            case .present(let snapshot, _):
                clear(.vanished, timers)
                if let end = try await look(at: snapshot, timers, log) { return (end, snapshot) }
            }
            await signal.wait()
        }
    }

    private func look(
        at snapshot: PodSnapshot, _ timers: DeadlineTimers<Deadline>, _ log: PodLog
    ) async throws -> PodEnd? {
        switch snapshot.verdict {
        case .ended(let end):
            await started(snapshot)
            log.begin(isOver: true)
            return end
        case .running:
            clear(.start, timers)
            clear(.mend, timers)
            await started(snapshot)
            await publish(nil)
            log.begin(isOver: false)
        case .waiting(let wait):
            try await waiting(wait, timers)
        }
        return nil
    }

    private func started(_ snapshot: PodSnapshot) async {
        let isFirst = state.withLock { state in
            defer { state.hasStarted = true }
            return !state.hasStarted
        }
        if isFirst { await reporter.started(host: snapshot.node ?? request.name) }
    }

    private func waiting(_ wait: PodWait, _ timers: DeadlineTimers<Deadline>) async throws {
        let events = wait.prospect == .hopeful && !wait.isUnscheduled ? await cluster.warnings(request.name, namespace: request.namespace) : nil
        let reason = events ?? wait.reason
        await publish(reason)
        let expired = state.withLock { $0.expired }
        switch wait.prospect {
        case .hopeless: throw PodFailure(.configuration, "pod \(request.name) cannot start: \(reason)")
        case .doubtful:
            timers.set(.mend, after: Self.mendTime)
            if expired.contains(.mend) { throw PodFailure(.configuration, "pod \(request.name) does not start: \(reason)") }
        case .hopeful: clear(.mend, timers)
        }
        if expired.contains(.start) {
            throw PodFailure(
                .timeout,
                "pod \(request.name) has not started within \(Int(request.plan.startSeconds)) seconds: \(reason)")
        }
    }

    private func expire(_ deadline: Deadline) {
        state.withLock { _ = $0.expired.insert(deadline) }
        signal.raise()
    }

    private func clear(_ deadline: Deadline, _ timers: DeadlineTimers<Deadline>) {
        timers.cancel(deadline)
        state.withLock { _ = $0.expired.remove(deadline) }
    }

    /// A pod that a list does not have may be in the next one, where a server is behind.
    private func vanished(_ timers: DeadlineTimers<Deadline>) throws {
        guard state.withLock({ $0.expired.contains(.vanished) }) else {
            timers.set(.vanished, after: cluster.settings.vanishedGrace)
            return cluster.board.requestRelist()
        }
        throw PodFailure(.infrastructure, "pod \(request.name) has vanished: it was deleted from outside, or its node was")
    }

    private func publish(_ reason: String?) async {
        let isNews = state.withLock { state in
            defer { state.reason = reason }
            return state.reason != reason
        }
        if isNews { await reporter.waits(for: reason) }
    }

    // MARK: - Ending

    private func result(_ end: PodEnd, _ snapshot: PodSnapshot) throws -> PodResult {
        var result = PodResult(
            name: request.name, namespace: request.namespace, exitCode: 0, reason: end.reason, node: snapshot.node,
            imageID: snapshot.imageID)
        switch end.cause {
        case .disrupted: throw PodFailure(.infrastructure, "pod \(request.name): \(end.reason)")
        case .deadline: throw PodFailure(.timeout, "pod \(request.name): \(end.reason)")
        case .neverRan: throw PodFailure(.configuration, "pod \(request.name): \(end.reason)")
        case .outOfMemory: result.exitCode = 137
        case .exited(let code): result.exitCode = code
        }
        if request.plan.pushesXCom { result.result = end.message }
        let (uid, isSuccess) = (state.withLock { $0.uid }, result.exitCode == 0)
        cluster.janitor.finished(request, uid: uid, isSuccess: isSuccess)
        return result
    }

    private func deletePod() async {
        guard let uid = state.withLock({ $0.uid }) else { return }
        await cluster.janitor.deleteNow(request, uid: uid)
    }

    /// Ends the pod of a launch that is not wanted any more, and waits until it is gone or no container of it runs. A
    /// shutdown leaves pods alone: whoever comes next goes on with them.
    private func endPod(_ timers: DeadlineTimers<Deadline>) async throws {
        guard reporter.terminationReason != .shutdown else { return }
        // The task is cancelled; what ends the pod must not be.
        await Task { [self] in
            await deletePod()
            timers.set(.removal, after: Self.removalTime)
            while !state.withLock({ $0.expired.contains(.removal) }), isStillThere { await signal.wait() }
        }.value
    }

    private var isStillThere: Bool {
        switch cluster.board.sighting(request.name, knownSince: state.withLock { $0.listsWhenKnown }) {
        case .gone: false
        case .unknown: state.withLock { $0.uid != nil }
        case .present(let snapshot, _): !snapshot.isTerminal
        }
    }
}
