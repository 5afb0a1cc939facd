import Glibc

/// Lets one thread at a time deliver; a second one waits for it, and finds its own parts delivered.
/// `@unchecked Sendable`: all that is mutable is used under the mutex.
final class DeliveryLock: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var isDraining = false

    init() {
        var attributes = pthread_mutexattr_t()
        pthread_mutexattr_init(&attributes)
        pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_RECURSIVE))
        pthread_mutex_init(mutex, &attributes)
        pthread_mutexattr_destroy(&attributes)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Repeats `work` until it has found nothing. A receiver that calls back in leaves the rest to the outer loop.
    func drain(_ work: () -> Bool) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isDraining else { return }
        isDraining = true
        defer { isDraining = false }
        while work() {}
    }
}
