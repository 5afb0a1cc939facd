import Synchronization

/// The scheduler's queue of events: posted from any thread, drained as a whole by the one scheduler, so that
/// everything that came in during a turn is committed together in the next.
package final class SchedulerMailbox: SchedulerInbox {
    private struct State {
        var events: [SchedulerEvent] = []
        var waiter: CheckedContinuation<Void, Never>?
        var isClosed = false
        var cancellation: String?
    }

    private let state = Mutex(State())

    package init() {}

    package func post(_ event: SchedulerEvent) {
        let waiter = state.withLock { state in
            state.events.append(event)
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Queues events that are handled in one turn, one directly after the other.
    package func post(together events: [SchedulerEvent]) {
        let waiter = state.withLock { state in
            state.events += events
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Makes ``wait()`` return from now on, whatever is queued.
    package func close() {
        let waiter = state.withLock { state in
            state.isClosed = true
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Asks for the end of all runs, those among them that are yet to come: a run that ends may trigger others.
    package func cancelRuns(reason: String) {
        state.withLock { $0.cancellation = reason }
        post(.timeReached)
    }

    /// Why all runs are to end; `nil` while nobody asked.
    package var cancellation: String? { state.withLock { $0.cancellation } }

    package var isClosed: Bool { state.withLock { $0.isClosed } }

    /// All events queued so far, oldest first.
    package func drain() -> [SchedulerEvent] {
        state.withLock { state in
            defer { state.events = [] }
            return state.events
        }
    }

    /// Returns when an event is queued, the mailbox is closed or the task is cancelled. One waiter at a time.
    package func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    guard state.events.isEmpty, !state.isClosed, !Task.isCancelled else { return false }
                    precondition(state.waiter == nil, "two waiters at one mailbox")
                    state.waiter = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiter.take() }?.resume()
        }
    }
}
