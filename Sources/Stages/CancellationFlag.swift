import Synchronization

/// Set once, when the process is asked to end; work looks at it between steps, and what waits is told.
package final class CancellationFlag: Sendable {
    private struct State {
        var isSet = false
        var handlers: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    package init() {}

    package var isSet: Bool { state.withLock { $0.isSet } }

    package func set() {
        let handlers = state.withLock { state in
            state.isSet = true
            defer { state.handlers = [] }
            return state.handlers
        }
        for handler in handlers { handler() }
    }

    /// Calls `handler` when the flag is set, at once if it is.
    package func whenSet(_ handler: @escaping @Sendable () -> Void) {
        let isSet = state.withLock { state in
            if !state.isSet { state.handlers.append(handler) }
            return state.isSet
        }
        if isSet { handler() }
    }

    /// - Throws: ``StageError`` with `cancelled` once the flag is set.
    package func check() throws(StageError) {
        if isSet { throw StageError(.cancelled, "ended on request before the work was complete") }
    }
}
