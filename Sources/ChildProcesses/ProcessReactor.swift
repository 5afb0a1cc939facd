import CPosix
import Glibc
import Synchronization

/// One thread that waits for the output and the end of all child processes, however many there are.
/// Handlers run on that thread, one at a time.
package final class ProcessReactor: Sendable {
    /// Called when the descriptor is readable; `false` ends the watch.
    package typealias Handler = @Sendable () -> Bool

    private let poller: Int32
    private let handlers = Mutex<[Int32: Handler]>([:])

    /// The one of this process.
    package static let shared = ProcessReactor()

    /// Each running process costs three descriptors (pipe, process, log); thousands of them need more than the usual
    /// soft limit of 1,024.
    private static let wantedDescriptors: rlim_t = 65_536

    private init() {
        Self.raiseDescriptorLimit()
        poller = cposix_poller()
        precondition(poller >= 0, "no epoll instance: \(poller)")
        let thread = Thread { [self] in loop() }
        thread.start()
    }

    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        let wanted = min(wantedDescriptors, limit.rlim_max)
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = wanted
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Calls `handler` whenever `descriptor` is readable or at its end, until it answers `false`; then closes it.
    package func watch(_ descriptor: Int32, _ handler: @escaping Handler) {
        handlers.withLock { $0[descriptor] = handler }
        let status = cposix_poller_add(poller, descriptor)
        precondition(status == 0, "cannot watch descriptor \(descriptor): \(status)")
    }

    private func loop() {
        var ready = [Int32](repeating: -1, count: 64)
        while true {
            let count = cposix_poller_wait(poller, &ready, ready.count)
            for descriptor in ready.prefix(Int(max(0, count))) { handle(descriptor) }
        }
    }

    private func handle(_ descriptor: Int32) {
        guard let handler = handlers.withLock({ $0[descriptor] }), !handler() else { return }
        handlers.withLock { _ = $0.removeValue(forKey: descriptor) }
        // Closed last: from then on the number may stand for something else.
        _ = cposix_poller_remove(poller, descriptor)
        close(descriptor)
    }
}

/// A detached POSIX thread.
private struct Thread {
    private final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    let body: @Sendable () -> Void

    func start() {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        let status = pthread_create(&thread, nil, { argument in
            guard let argument else { return nil }
            Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
            return nil
        }, box.toOpaque())
        precondition(status == 0, "cannot start a thread: \(status)")
        pthread_detach(thread)
    }
}
