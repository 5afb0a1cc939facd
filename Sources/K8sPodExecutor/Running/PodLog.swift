import KubernetesClient
import PipelineCore
import Synchronization

/// Brings the log of a pod's base container to the log of the try: followed, or read in turns with others, while it runs;
/// whole before the try ends.
final class PodLog: Sendable {
    private let pod: PodReference
    private let cluster: PodCluster
    private let reporter: any PodReporter
    /// The pod was there before this process was: what is written down already is of it.
    private let isAdopted: Bool
    private let state = Mutex(State())

    private enum Phase {
        case idle
        /// Its turn at the desk comes, under this number; `nil`: that is being given.
        case waiting(Int?)
        /// What there is by now is being read.
        case reading(Task<Void, Never>)
        /// It is followed, or the rest of it is read.
        case following(Task<Void, Never>)
        case over
    }

    private struct State {
        var phase = Phase.idle
        var tail: LogTail?
        var end: ContainerEnd?
        var isWhole = true
        /// Lines so far.
        var delivered = 0
        /// Nobody waits for it any more.
        var isGivenUp = false
        /// The pod is being ended: it is to be followed.
        var isUrgent = false
        /// Raised when the container has ended; while it is followed only.
        var news: Signal?
    }

    /// Time after a container's end, and between two of its last lines, where the node does not answer.
    private static let completionTime: Duration = .seconds(30)
    /// Time for the lines of a pod that is about to be deleted.
    private static let catchUpTime: Duration = .seconds(10)

    init(_ pod: PodReference, isAdopted: Bool, cluster: PodCluster, reporter: any PodReporter) {
        self.pod = pod
        self.isAdopted = isAdopted
        self.cluster = cluster
        self.reporter = reporter
    }

    private var follower: LogFollower {
        LogFollower(
            client: cluster.client, namespace: pod.namespace, pod: pod.name, container: pod.plan.baseContainer)
    }

    private var deliver: @Sendable (LogEntry) -> Void {
        { [self] entry in
            state.withLock { $0.delivered += 1 }
            reporter.line(entry.text, container: pod.plan.baseContainer, at: entry.stamp.timestamp)
        }
    }

    // MARK: - What happens to the container

    /// - Parameter end: the container has ended: what there is, is all.
    func begin(end: ContainerEnd?) {
        let (isNew, news) = state.withLock { state -> (Bool, Signal?) in
            state.end = state.end ?? end
            guard case .idle = state.phase else { return (false, state.news) }
            state.phase = .waiting(nil)
            return (true, nil)
        }
        if end != nil {
            news?.raise()
            _ = follow(nil)
        } else if isNew {
            enter()
        }
    }

    /// The pod is being ended: lines that are not followed now will never be.
    func urge() {
        let isWaiting = state.withLock { state in
            state.isUrgent = true
            if case .waiting = state.phase { return true }
            return false
        }
        if isWaiting, cluster.logs.takeUrgentPlace(), !follow(.urgent) { cluster.logs.giveBack(.urgent) }
    }

    /// What there is by now, of a log that is not followed.
    func catchUp() async {
        guard read(then: {}) || state.withLock({ if case .reading = $0.phase { true } else { false } }) else { return }
        let timer = Task { [self, clock = cluster.clock] in
            guard (try? await clock.sleep(for: Self.catchUpTime, tolerance: nil)) != nil else { return }
            giveUp()
        }
        await running?.value
        timer.cancel()
    }

    private func enter() {
        let number = cluster.logs.enter(self)
        if number == nil {
            if !follow(.ordinary) { cluster.logs.giveBack(.ordinary) }
            return
        }
        let isLate = state.withLock { state in
            guard case .waiting(nil) = state.phase else { return true }
            state.phase = .waiting(number)
            return false
        }
        if isLate, let number { cluster.logs.leave(number) }
    }

    // MARK: - Following

    /// - Parameter place: its own from now on; `nil`: it needs none.
    /// - Returns: whether it did wait.
    func follow(_ place: LogDesk.Place?) -> Bool {
        let (didWait, number) = state.withLock { state -> (Bool, Int?) in
            guard case .waiting(let number) = state.phase, !state.isGivenUp else { return (false, nil) }
            begin(following: place, &state)
            return (true, number)
        }
        if let number { cluster.logs.leave(number) }
        return didWait
    }

    private func begin(following place: LogDesk.Place?, _ state: inout State) {
        state.news = Signal()
        state.phase = .following(
            Task { [self] in
                await follow()
                if let place { cluster.logs.giveBack(place) }
            })
    }

    private func follow() async {
        var tail = begun()
        do {
            let completion = try await follower.run(
                tail: &tail, containerEnd: { [self] limit in await end(within: limit) }, deliver: deliver)
            if completion == .podGone { incomplete("The pod went away before its last log lines could be read") }
        } catch {
            if !Task.isCancelled { incomplete("The log cannot be read: \(error)") }
        }
        state.withLock { state in (state.phase, state.news) = (.over, nil) }
    }

    /// The end of the container, if it is known before `limit` is over.
    private func end(within limit: Duration) async -> ContainerEnd? {
        let (known, news) = state.withLock { ($0.end, $0.news) }
        guard known == nil, limit > .zero, let news else { return known }
        await withTaskGroup { group in
            group.addTask { [clock = cluster.clock] in try? await clock.sleep(for: limit, tolerance: nil) }
            group.addTask { await news.wait() }
            await group.next()
            group.cancelAll()
        }
        return state.withLock { $0.end }
    }

    /// Where the lines end that are written down. Those of an earlier pod of the same try say nothing about this one, whose
    /// node may have another idea of the time.
    private func begun() -> LogTail {
        if let tail = state.withLock({ $0.tail }) { return tail }
        guard isAdopted, let written = reporter.written() else { return LogTail() }
        return LogTail(newest: written.newest, inSecond: written.inNewestSecond, before: written.inSecondBefore)
    }

    // MARK: - Turns

    /// Reads what there is by now.
    /// - Parameter done: called when that is over.
    /// - Returns: whether it did wait for its turn.
    func read(then done: @escaping @Sendable () -> Void) -> Bool {
        let (didWait, number) = state.withLock { state -> (Bool, Int?) in
            guard case .waiting(let number) = state.phase, !state.isGivenUp else { return (false, nil) }
            state.phase = .reading(
                Task { [self] in
                    await readOnce()
                    done()
                })
            return (true, number)
        }
        if let number { cluster.logs.leave(number) }
        return didWait
    }

    private func readOnce() async {
        var tail = begun()
        var isOver = false
        do {
            if case .gone = try await follower.catchUp(tail: &tail, deliver: deliver) {
                incomplete("The pod went away before its last log lines could be read")
                isOver = true
            }
        } catch {
            isOver = true
            if !Task.isCancelled { incomplete("The log cannot be read: \(error)") }
        }
        hasRead(tail, isOver: isOver)
    }

    private func hasRead(_ tail: LogTail, isOver: Bool) {
        let isUrgent = state.withLock { $0.isUrgent && $0.end == nil } && !isOver && cluster.logs.takeUrgentPlace()
        let waits = state.withLock { state in
            state.tail = tail
            if isOver || state.isGivenUp {
                state.phase = .over
            } else if isUrgent || state.end != nil {
                begin(following: isUrgent ? .urgent : nil, &state)
            } else {
                state.phase = .waiting(nil)
                return true
            }
            return false
        }
        if waits { enter() }
    }

    // MARK: - The end

    private func incomplete(_ reason: String) {
        state.withLock { $0.isWhole = false }
        reporter.say(reason, isProblem: true)
    }

    /// What is under way.
    private var running: Task<Void, Never>? {
        state.withLock { state in
            switch state.phase {
            case .reading(let task), .following(let task): task
            case .idle, .waiting, .over: nil
            }
        }
    }

    /// Returns when all lines are there, or will not come; at a shutdown at once.
    /// - Returns: whether they are all there.
    func complete() async -> Bool {
        let timer = Task { [self, clock = cluster.clock] in
            var delivered = -1
            while delivered != state.withLock({ $0.delivered }) {
                delivered = state.withLock { $0.delivered }
                guard (try? await clock.sleep(for: Self.completionTime, tolerance: nil)) != nil else { return }
            }
            incomplete("No line of the log's end came for 30 seconds; the pod is kept as long as its run")
            giveUp()
        }
        await withTaskCancellationHandler {
            while let running { await running.value }
        } onCancel: {
            if reporter.terminationReason == .shutdown { giveUp() }
        }
        timer.cancel()
        return state.withLock { $0.isWhole }
    }

    func cancel() { giveUp() }

    private func giveUp() {
        let (task, number) = state.withLock { state -> (Task<Void, Never>?, Int?) in
            state.isGivenUp = true
            switch state.phase {
            case .reading(let task), .following(let task): return (task, nil)
            case .waiting(let number):
                state.phase = .over
                return (nil, number)
            case .idle, .over: return (nil, nil)
            }
        }
        task?.cancel()
        if let number { cluster.logs.leave(number) }
    }
}
