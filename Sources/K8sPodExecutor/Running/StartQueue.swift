import Synchronization

/// Begins a few pieces of work at a time, in the order in which they were asked for. Those that wait are closures, not
/// tasks: thousands come at once.
final class StartQueue: Sendable {
    private struct State {
        var free: Int
        var waiting: [@Sendable () -> Void] = []
        /// Those before it have begun.
        var next = 0

        mutating func take() -> (@Sendable () -> Void)? {
            guard next < waiting.count else {
                free += 1
                return nil
            }
            defer {
                next += 1
                if next == waiting.count { (waiting, next) = ([], 0) }
            }
            return waiting[next]
        }
    }

    private let state: Mutex<State>

    init(places: Int) { state = Mutex(State(free: places)) }

    /// Calls `start` once there is a place, which is its until ``leave()``.
    func enter(_ start: @escaping @Sendable () -> Void) {
        let isFree = state.withLock { state in
            guard state.free > 0 else {
                state.waiting.append(start)
                return false
            }
            state.free -= 1
            return true
        }
        if isFree { start() }
    }

    /// Gives a place to the next one.
    func leave() { state.withLock { $0.take() }?() }
}
