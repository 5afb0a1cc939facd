import KubernetesClient
import Synchronization

/// Which logs are followed, and which are read in turns: a followed log takes a connection's memory for as long as its pod
/// runs.
///
/// Places are given in the order in which logs come. Who has none is read whole once a round, the one that was read longest
/// ago first, until a place is free; what is short is over before its first turn, and read once, at its end.
final class LogDesk: Sendable {
    struct Limits: Sendable, Hashable {
        /// Logs that are followed at once.
        var followed: Int
        /// Places beside those, for pods that are being ended: their last lines are there for a moment only.
        var urgent: Int
        /// From one reading of a log to the next.
        var round: Duration = .seconds(60)
        /// Readings at once.
        var lanes = 4

        init(followed: Int) { (self.followed, urgent) = (followed, max(followed, 16)) }
    }

    /// Where a log has its place.
    enum Place { case ordinary, urgent }

    private struct State {
        var followed = 0
        var urgent = 0
        var reading = 0
        var nextNumber = 0
        /// Those that wait for their turn, by number.
        var logs: [Int: PodLog] = [:]
        /// When each is due, the first one first; numbers whose log has gone are passed over.
        var turns: [(due: Duration, number: Int)] = []
        var next = 0
        var timer: Task<Void, Never>?

        mutating func add(_ log: PodLog, due: Duration) -> Int {
            nextNumber += 1
            logs[nextNumber] = log
            turns.append((due, nextNumber))
            return nextNumber
        }

        /// The next one that still waits.
        mutating func first() -> (due: Duration, number: Int)? {
            while next < turns.count {
                if logs[turns[next].number] != nil { return turns[next] }
                next += 1
            }
            (turns, next) = ([], 0)
            return nil
        }

        mutating func takeFirst() -> PodLog? {
            guard let (_, number) = first() else { return nil }
            next += 1
            if next > 1_024, next * 2 > turns.count {
                turns.removeFirst(next)
                next = 0
            }
            return logs.removeValue(forKey: number)
        }
    }

    private let limits: Limits
    private let clock: any Clock<Duration>
    private let uptime: Stopwatch
    private let state = Mutex(State())

    init(limits: Limits, clock: any Clock<Duration>) {
        self.limits = limits
        self.clock = clock
        uptime = Stopwatch(clock)
    }

    deinit { state.withLock { $0.timer }?.cancel() }

    /// A place for a log that has none; else its turn comes.
    /// - Returns: the number under which it waits; `nil`: it has a place.
    func enter(_ log: PodLog) -> Int? {
        let number = state.withLock { state -> Int? in
            guard state.followed >= limits.followed else {
                state.followed += 1
                return nil
            }
            return state.add(log, due: uptime.elapsed + limits.round)
        }
        if number != nil { pump() }
        return number
    }

    /// It does not wait any more.
    func leave(_ number: Int) { state.withLock { _ = $0.logs.removeValue(forKey: number) } }

    /// - Returns: whether there is a place for a log whose pod is being ended.
    func takeUrgentPlace() -> Bool {
        state.withLock { state in
            guard state.urgent < limits.urgent else { return false }
            state.urgent += 1
            return true
        }
    }

    func giveBack(_ place: Place) {
        guard place == .ordinary else { return state.withLock { $0.urgent -= 1 } }
        while let next = state.withLock({ $0.takeFirst() }) {
            if next.follow(.ordinary) { return }
        }
        state.withLock { $0.followed -= 1 }
    }

    // MARK: - Turns

    private func pump() {
        while let log = takeDue() {
            let hasBegun = log.read { [self] in
                state.withLock { $0.reading -= 1 }
                pump()
            }
            if !hasBegun { state.withLock { $0.reading -= 1 } }
        }
    }

    private func takeDue() -> PodLog? {
        state.withLock { state in
            guard state.reading < limits.lanes, let (due, _) = state.first() else { return nil }
            let now = uptime.elapsed
            guard due <= now else {
                wake(&state, after: due - now)
                return nil
            }
            state.reading += 1
            return state.takeFirst()
        }
    }

    private func wake(_ state: inout State, after delay: Duration) {
        guard state.timer == nil else { return }
        state.timer = Task { [clock, weak self] in
            guard (try? await clock.sleep(for: delay, tolerance: nil)) != nil else { return }
            self?.state.withLock { $0.timer = nil }
            self?.pump()
        }
    }
}
