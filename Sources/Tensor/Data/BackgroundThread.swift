import CTensor

/// A thread that runs one task at a time beside its owner's work (`ct_background.h`).
final class BackgroundThread {
    private let pointer: OpaquePointer

    /// Errors: `outOfMemory`, `system` where the system gives no thread.
    init() throws(TensorError) {
        var result: OpaquePointer?
        try check(ct_background_new(&result))
        guard let result else { throw TensorError(.system, "the thread has no handle") }
        pointer = result
    }

    deinit { ct_background_free(pointer) }

    /// Runs `work.run()` on the thread. The caller keeps `work` alive and away from its own hands until `wait`.
    func start(_ work: BatchWork) {
        ct_background_start(
            pointer, { Unmanaged<BatchWork>.fromOpaque($0!).takeUnretainedValue().run() },
            Unmanaged.passUnretained(work).toOpaque())
    }

    func wait() { ct_background_wait(pointer) }
}
