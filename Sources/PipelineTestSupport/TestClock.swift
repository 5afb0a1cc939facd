package import PipelineCore
import Synchronization

/// A clock that only tests move; ``wallClock`` shows the same time.
package final class TestClock: Clock {
    package struct Instant: InstantProtocol {
        package var offset: Duration
        package func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        package func duration(to other: Instant) -> Duration { other.offset - offset }
        package static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct Sleeper {
        let id: Int
        let deadline: Instant
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct Watcher {
        let count: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var now = Instant(offset: .zero)
        var nextID = 0
        var sleepers: [Sleeper] = []
        var watchers: [Watcher] = []
        var cancelled: Set<Int> = []
        var slept: [Duration] = []
    }

    private let state = Mutex(State())
    private let start: Timestamp
    private let isAutomatic: Bool

    /// - Parameters:
    ///   - start: what the wall clock shows at first.
    ///   - isAutomatic: each sleep moves the clock to its end at once, so that a loop that waits just runs.
    package init(start: Timestamp = Timestamp(seconds: 1_767_225_600), isAutomatic: Bool = false) {
        self.start = start
        self.isAutomatic = isAutomatic
    }

    package var now: Instant { state.withLock { $0.now } }
    package var minimumResolution: Duration { .nanoseconds(1) }

    /// The recorded time that goes with this clock.
    package var wallClock: any WallClock { TestWallClock(clock: self) }
    package var timestamp: Timestamp { start + now.offset }

    /// How many sleeps were begun so far.
    var sleepsBegun: Int { state.withLock { $0.nextID } }

    /// How long each sleep so far was asked to last.
    package var sleeps: [Duration] { state.withLock { $0.slept } }

    package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        let id = state.withLock { state in
            state.nextID += 1
            state.slept.append(state.now.duration(to: deadline))
            if isAutomatic { state.now = max(state.now, deadline) }
            return state.nextID
        }
        if isAutomatic { return await Task.yield() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { add(Sleeper(id: id, deadline: deadline, continuation: $0)) }
        } onCancel: {
            cancel(id)
        }
    }

    private func add(_ sleeper: Sleeper) {
        enum Next { case wait, wake, cancel }
        let (next, watchers) = state.withLock { state -> (Next, [Watcher]) in
            if state.cancelled.remove(sleeper.id) != nil { return (.cancel, []) }
            if sleeper.deadline <= state.now { return (.wake, []) }
            state.sleepers.append(sleeper)
            let due = state.watchers.filter { $0.count <= state.sleepers.count }
            state.watchers.removeAll { $0.count <= state.sleepers.count }
            return (.wait, due)
        }
        switch next {
        case .wait: break
        case .wake: sleeper.continuation.resume()
        case .cancel: sleeper.continuation.resume(throwing: CancellationError())
        }
        for watcher in watchers { watcher.continuation.resume() }
    }

    private func cancel(_ id: Int) {
        let sleeper = state.withLock { state -> Sleeper? in
            guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else {
                state.cancelled.insert(id)
                return nil
            }
            return state.sleepers.remove(at: index)
        }
        sleeper?.continuation.resume(throwing: CancellationError())
    }

    /// Returns once at least `count` sleeps are waiting.
    package func waitForSleepers(_ count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.watchers.append(Watcher(count: count, continuation: continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Moves the time and wakes who has slept long enough.
    package func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.deadline <= state.now }
            state.sleepers.removeAll { $0.deadline <= state.now }
            return due
        }
        for sleeper in due { sleeper.continuation.resume() }
    }
}

private struct TestWallClock: WallClock {
    let clock: TestClock
    func now() -> Timestamp { clock.timestamp }
}
