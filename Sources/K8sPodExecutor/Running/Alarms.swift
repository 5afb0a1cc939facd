import KubernetesClient
import Synchronization

/// The deadlines of all pod runs on one sleeping task: thousands of tasks that sleep would cost more than the pods.
final class Alarms: Sendable {
    private struct Key: Hashable {
        let run: ObjectIdentifier
        let deadline: PodRun.Deadline
    }

    private struct State {
        /// Kept until they are over or cancelled, with the run that they are of.
        var due: [Key: (at: Duration, run: PodRun)] = [:]
        var wakesAt: Duration?
        var task: Task<Void, Never>?
    }

    private let clock: any Clock<Duration>
    private let uptime: Stopwatch
    private let state = Mutex(State())

    init(clock: any Clock<Duration>) {
        self.clock = clock
        uptime = Stopwatch(clock)
    }

    deinit { state.withLock { $0.task }?.cancel() }

    /// Does nothing when the deadline is set already.
    func set(_ deadline: PodRun.Deadline, of run: PodRun, after duration: Duration) {
        let at = uptime.elapsed + duration
        state.withLock { state in
            let key = Key(run: ObjectIdentifier(run), deadline: deadline)
            guard state.due[key] == nil else { return }
            state.due[key] = (at, run)
            if state.wakesAt.map({ at < $0 }) ?? true { wake(at, &state) }
        }
    }

    func cancel(_ deadline: PodRun.Deadline, of run: PodRun) {
        state.withLock { _ = $0.due.removeValue(forKey: Key(run: ObjectIdentifier(run), deadline: deadline)) }
    }

    func cancelAll(of run: PodRun) { for deadline in PodRun.Deadline.allCases { cancel(deadline, of: run) } }

    private func wake(_ at: Duration, _ state: inout State) {
        state.task?.cancel()
        state.wakesAt = at
        let delay = max(.zero, at - uptime.elapsed)
        state.task = Task { [clock, weak self] in
            guard (try? await clock.sleep(for: delay, tolerance: nil)) != nil else { return }
            self?.expire()
        }
    }

    private func expire() {
        let now = uptime.elapsed
        let over = state.withLock { state in
            let over = state.due.filter { $0.value.at <= now }
            for key in over.keys { state.due[key] = nil }
            (state.task, state.wakesAt) = (nil, nil)
            if let next = state.due.values.map(\.at).min() { wake(next, &state) }
            return over
        }
        for (key, value) in over { value.run.expire(key.deadline) }
    }
}
