import Synchronization

/// A few deadlines by name, on any clock.
final class DeadlineTimers<Name: Hashable & Sendable>: Sendable {
    private let clock: any Clock<Duration>
    private let expire: @Sendable (Name) -> Void
    private let tasks = Mutex<[Name: Task<Void, Never>]>([:])

    init(clock: any Clock<Duration>, expire: @escaping @Sendable (Name) -> Void) {
        self.clock = clock
        self.expire = expire
    }

    deinit { cancelAll() }

    /// Does nothing when the deadline is set already.
    func set(_ name: Name, after duration: Duration) {
        tasks.withLock { tasks in
            guard tasks[name] == nil else { return }
            tasks[name] = Task { [clock, expire] in
                if (try? await clock.sleep(for: duration, tolerance: nil)) != nil { expire(name) }
            }
        }
    }

    func cancel(_ name: Name) { tasks.withLock { $0.removeValue(forKey: name) }?.cancel() }

    func cancelAll() {
        let all = tasks.withLock { tasks in
            defer { tasks = [:] }
            return Array(tasks.values)
        }
        for task in all { task.cancel() }
    }
}
