import CPosix
import Glibc
package import PipelineCore
import Synchronization

/// The handle by which a running launch can be ended from outside: its process group, and all descendants of its
/// leader, get TERM, and KILL after the grace time. A wish that comes before there is a process is carried out as soon
/// as there is one.
package final class LaunchControl: Sendable {
    private struct State {
        var group: Int32?
        var tree = ProcessTree()
        var reason: TerminationReason?
        var mustEnd = false
        var isFinished = false
        var onTerminate: (@Sendable () -> Void)?
        var onKill: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let grace: Duration
    private let clock: any Clock<Duration>

    package init(grace: Duration, clock: any Clock<Duration>) {
        self.grace = grace
        self.clock = clock
    }

    /// Why it is being ended; `nil` while nobody asked.
    package var terminationReason: TerminationReason? { state.withLock { $0.reason } }

    /// Somebody asked for the end, or its time is over.
    package var isEnding: Bool { state.withLock { $0.mustEnd } }

    /// The launch has a process that leads the group `pid`.
    package func processStarted(_ pid: Int32) {
        let mustEnd = state.withLock { state in
            state.group = pid
            return state.mustEnd
        }
        if mustEnd { endGroup(pid) }
    }

    /// The process is gone, and another one may follow: its number must not be signalled any more.
    package func processReleased() { state.withLock { $0.group = nil } }

    /// The launch is over; nothing can be ended any more.
    package func processEnded() {
        state.withLock { state in
            state.group = nil
            state.isFinished = true
            state.onTerminate = nil
            state.onKill = nil
        }
    }

    /// For runners without a process: called once when the launch is to end.
    package func whenTerminated(_ action: @escaping @Sendable () -> Void) {
        let isDue = state.withLock { state in
            if state.reason == nil { state.onTerminate = action }
            return state.reason != nil
        }
        if isDue { action() }
    }

    /// Called after KILL has been sent: what the dead hold open can be let go.
    package func whenKilled(_ action: @escaping @Sendable () -> Void) { state.withLock { $0.onKill = action } }

    package func terminate(_ reason: TerminationReason) {
        let (isNew, group, action) = state.withLock { state -> (Bool, Int32?, (@Sendable () -> Void)?) in
            guard state.reason == nil, !state.isFinished else { return (false, nil, nil) }
            state.reason = reason
            state.mustEnd = true
            return (true, state.group, state.onTerminate.take())
        }
        guard isNew else { return }
        action?()
        if let group { endGroup(group) }
    }

    /// The same for a launch that ends itself, because its time is over: nobody asked for it.
    package func endProcess() {
        let group = state.withLock { state -> Int32? in
            state.mustEnd = true
            return state.group
        }
        if let group { endGroup(group) }
    }

    /// KILL at once, without the grace time.
    package func kill() {
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            guard let group = state.group else { return nil }
            state.tree.look(below: group)
            _ = cposix_kill_group(group, SIGKILL)
            state.tree.signal(SIGKILL, outside: group)
            return state.onKill.take()
        }
        action?()
    }

    private func endGroup(_ group: Int32) {
        state.withLock { state in
            guard state.group == group else { return }
            state.tree.look(below: group)
            _ = cposix_kill_group(group, SIGTERM)
            state.tree.signal(SIGTERM, outside: group)
        }
        // Outlives the caller on purpose: the grace time must run however busy or gone the caller is.
        Task { [self] in
            try? await clock.sleep(for: grace)
            if state.withLock({ $0.group == group }) { kill() }
        }
    }
}
