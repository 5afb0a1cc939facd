import CPosix
import Glibc
package import PipelineCore
import Synchronization

/// The handle by which a running launch can be ended from outside: its process group gets TERM, and KILL after the
/// grace time. A wish that comes before there is a process is carried out as soon as there is one.
package final class LaunchControl: Sendable {
    private struct State {
        var group: Int32?
        var reason: TerminationReason?
        var isFinished = false
    }

    private let state = Mutex(State())
    private let grace: Duration
    private let clock: any Clock<Duration>
    private let onTerminate = Mutex<(@Sendable () -> Void)?>(nil)

    package init(grace: Duration, clock: any Clock<Duration>) {
        self.grace = grace
        self.clock = clock
    }

    /// Why it is being ended; `nil` while nobody asked.
    package var terminationReason: TerminationReason? { state.withLock { $0.reason } }

    /// The launch has a process that leads the group `pid`.
    package func processStarted(_ pid: Int32) {
        let mustEnd = state.withLock { state in
            state.group = pid
            return state.reason != nil
        }
        if mustEnd { endGroup(pid) }
    }

    /// The process is gone; its number must not be signalled again.
    package func processEnded() {
        state.withLock { state in
            state.group = nil
            state.isFinished = true
        }
    }

    /// For runners without a process: called once when the launch is to end.
    package func whenTerminated(_ action: @escaping @Sendable () -> Void) {
        let isDue = state.withLock { $0.reason != nil }
        if isDue { action() } else { onTerminate.withLock { $0 = action } }
    }

    package func terminate(_ reason: TerminationReason) {
        let group = state.withLock { state -> Int32? in
            guard state.reason == nil, !state.isFinished else { return nil }
            state.reason = reason
            return state.group
        }
        onTerminate.withLock { $0.take() }?()
        if let group { endGroup(group) }
    }

    /// KILL at once, without the grace time.
    package func kill() {
        state.withLock { state in
            if let group = state.group { _ = cposix_kill_group(group, SIGKILL) }
        }
    }

    private func endGroup(_ group: Int32) {
        _ = cposix_kill_group(group, SIGTERM)
        // Outlives the caller on purpose: the grace time must run however busy or gone the caller is.
        Task { [self] in
            try? await clock.sleep(for: grace)
            state.withLock { state in
                if state.group == group { _ = cposix_kill_group(group, SIGKILL) }
            }
        }
    }
}
