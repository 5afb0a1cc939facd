import Glibc
import PipelineCore

/// A thread of our own for calls that block: the cooperative pool has few threads, and none to spare for a disk or a
/// server. Jobs run one after the other in the order in which they were submitted.
///
/// `@unchecked Sendable`: `jobs` and `isStopped` are only touched while `lock` is held.
final class WorkerThread: @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_mutex_t> = .allocate(capacity: 1)
    private let wake: UnsafeMutablePointer<pthread_cond_t> = .allocate(capacity: 1)
    private var jobs: [@Sendable () -> Void] = []
    private var isStopped = false

    init() {
        pthread_mutex_init(lock, nil)
        pthread_cond_init(wake, nil)
        let start = Unmanaged.passRetained(self).toOpaque()
        var thread = pthread_t()
        let status = pthread_create(&thread, nil, runWorker, start)
        precondition(status == 0, "pthread_create failed with \(status)")
        pthread_detach(thread)
    }

    deinit {
        pthread_cond_destroy(wake)
        pthread_mutex_destroy(lock)
        wake.deallocate()
        lock.deallocate()
    }

    /// `false`, and the job is dropped, after ``stop()``.
    @discardableResult
    func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        if isStopped { return false }
        jobs.append(job)
        pthread_cond_signal(wake)
        return true
    }

    /// - Throws: What `body` throws; ``StoreError`` `unreachable` after ``stop()``.
    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let isTaken = submit { continuation.resume(with: Result(catching: body)) }
            if !isTaken { continuation.resume(throwing: Self.stopped) }
        }
    }

    static var stopped: StoreError { StoreError(.unreachable, "the store has been closed") }

    /// The thread ends after the jobs that it has.
    func stop() {
        pthread_mutex_lock(lock)
        isStopped = true
        pthread_cond_signal(wake)
        pthread_mutex_unlock(lock)
    }

    fileprivate func loop() {
        while let batch = nextJobs() {
            for job in batch { job() }
        }
    }

    /// Waits for work; `nil` when stopped and nothing is left.
    private func nextJobs() -> [@Sendable () -> Void]? {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while jobs.isEmpty {
            if isStopped { return nil }
            pthread_cond_wait(wake, lock)
        }
        defer { jobs = [] }
        return jobs
    }
}

/// The thread keeps its ``WorkerThread`` alive until it ends.
private func runWorker(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    Unmanaged<WorkerThread>.fromOpaque(argument!).takeRetainedValue().loop()
    return nil
}
