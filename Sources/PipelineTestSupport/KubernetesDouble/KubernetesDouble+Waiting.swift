import Synchronization

extension KubernetesDouble {
    struct Waiter {
        let condition: @Sendable (KubernetesDouble) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    /// Returns once a condition about the double holds; it is asked again after each call and each step of time. What
    /// was put out to streams until then has been delivered after the next step of time at the latest.
    package func wait(until condition: @escaping @Sendable (KubernetesDouble) -> Bool) async {
        await withCheckedContinuation { continuation in
            state.withLock { $0.waiters.append(Waiter(condition: condition, continuation: continuation)) }
            wakeWaiters()
        }
    }

    /// Asks all who wait. Somebody may change something meanwhile and find nobody waiting: then all are asked again.
    func wakeWaiters() {
        var seen = state.withLock { state in
            state.changes += 1
            return state.changes
        }
        while true {
            let waiters = state.withLock { state in
                defer { state.waiters = [] }
                return state.waiters
            }
            let isMet = waiters.map { $0.condition(self) }
            for (waiter, isMet) in zip(waiters, isMet) where isMet { waiter.continuation.resume() }
            let rest = zip(waiters, isMet).filter { !$1 }.map(\.0)
            let latest = state.withLock { state in
                state.waiters += rest
                return state.changes
            }
            guard !rest.isEmpty, latest != seen else { return }
            seen = latest
        }
    }
}
