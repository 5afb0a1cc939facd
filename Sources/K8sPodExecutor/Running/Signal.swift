import Synchronization

/// Wakes one waiter; a signal that comes before the wait is not lost, several are one.
package final class Signal: Sendable {
    private enum Waiter {
        case task(CheckedContinuation<Void, Never>)
        case work(@Sendable () -> Void)

        func wake() {
            switch self {
            case .task(let continuation): continuation.resume()
            case .work(let work): work()
            }
        }
    }

    private struct State {
        var isRaised = false
        var waiter: Waiter?

        /// Whether the signal was raised since the last wait; else `waiter` is woken by the next one.
        mutating func takeRaised(or waiter: Waiter, isOver: Bool = false) -> Bool {
            if isRaised || isOver {
                isRaised = false
                return true
            }
            self.waiter = waiter
            return false
        }
    }

    private let state = Mutex(State())

    package init() {}

    package func raise() {
        let waiter = state.withLock { state -> Waiter? in
            guard let waiter = state.waiter.take() else {
                state.isRaised = true
                return nil
            }
            return waiter
        }
        waiter?.wake()
    }

    /// Calls `work` once, when the signal is raised or was since the last wait. Nothing is suspended meanwhile: thousands may
    /// wait so.
    package func whenRaised(_ work: @escaping @Sendable () -> Void) {
        if state.withLock({ $0.takeRaised(or: .work(work)) }) { work() }
    }

    /// Returns when the signal was raised since the last wait, or the task is cancelled.
    package func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { $0.takeRaised(or: .task(continuation), isOver: Task.isCancelled) }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            raise()
        }
    }
}
