import Synchronization

/// Hands out a number of permits in the order in which they were asked for.
package final class FIFOSemaphore: Sendable {
    private struct State {
        var available: Int
        var nextID = 0
        var waiting: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
        var cancelled: Set<Int> = []
    }

    private let state: Mutex<State>

    package init(permits: Int) { state = Mutex(State(available: permits)) }

    /// Who waits at the moment.
    var waiters: Int { state.withLock { $0.waiting.count } }

    /// - Throws: `CancellationError` where the task is cancelled before it has a permit.
    package func acquire() async throws(CancellationError) {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let isGranted = await withTaskCancellationHandler {
            await withCheckedContinuation { enqueue(id, $0) }
        } onCancel: {
            cancel(id)
        }
        guard isGranted else { throw CancellationError() }
        state.withLock { _ = $0.cancelled.remove(id) }
    }

    package func release() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard !state.waiting.isEmpty else {
                state.available += 1
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume(returning: true)
    }

    /// Wakes one who waits; where nobody does, the next is let through at once, however often this was called.
    func signal() {
        let isPending = state.withLock { $0.waiting.isEmpty && $0.available > 0 }
        if !isPending { release() }
    }

    private func enqueue(_ id: Int, _ continuation: CheckedContinuation<Bool, Never>) {
        let answer = state.withLock { state -> Bool? in
            if state.cancelled.remove(id) != nil { return false }
            if state.available > 0 {
                state.available -= 1
                return true
            }
            state.waiting.append((id, continuation))
            return nil
        }
        if let answer { continuation.resume(returning: answer) }
    }

    private func cancel(_ id: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard let index = state.waiting.firstIndex(where: { $0.id == id }) else {
                state.cancelled.insert(id)
                return nil
            }
            return state.waiting.remove(at: index).continuation
        }
        waiter?.resume(returning: false)
    }
}
