import Synchronization

/// A clock whose sleepers a test wakes one by one, in the order in which they fell asleep.
final class ManualClock: Clock, Sendable {
    typealias Instant = ContinuousClock.Instant
    typealias Duration = Swift.Duration

    private struct State {
        var sleepers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let start = ContinuousClock.now

    var now: Instant { start }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        await withCheckedContinuation { sleeper in state.withLock { $0.sleepers.append(sleeper) } }
    }

    func waitForSleepers(_ count: Int) async {
        while state.withLock({ $0.sleepers.count }) < count { await Task.yield() }
    }

    func wake(_ index: Int) { state.withLock { $0.sleepers[index] }.resume() }
}
