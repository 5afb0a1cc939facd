import Synchronization

/// The end of a launch, said once: the first word counts.
final class Outcome: Sendable {
    private struct State {
        var end: RunnerEnd?
        var waiter: CheckedContinuation<RunnerEnd, Never>?
    }

    private let state = Mutex(State())

    func set(_ end: RunnerEnd) {
        let waiter = state.withLock { state -> CheckedContinuation<RunnerEnd, Never>? in
            guard state.end == nil else { return nil }
            state.end = end
            return state.waiter.take()
        }
        waiter?.resume(returning: end)
    }

    var isSet: Bool { state.withLock { $0.end != nil } }

    /// To be awaited by one caller.
    var value: RunnerEnd {
        get async {
            await withCheckedContinuation { continuation in
                let end = state.withLock { state -> RunnerEnd? in
                    if state.end == nil { state.waiter = continuation }
                    return state.end
                }
                if let end { continuation.resume(returning: end) }
            }
        }
    }
}
