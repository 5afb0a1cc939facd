import Glibc
import K8sPodExecutor
import PipelineCore

/// Lets one process of this machine at a time hand out devices.
package protocol DeviceLock: Sendable {
    /// - Returns: what keeps the others out until it is let go; `nil`: another one has it.
    /// - Throws: ``PodFailure`` where there can be none
    func acquire() throws -> (any Sendable)?
}

/// A file that is locked. The system gives it back when a process ends, however that ends.
package struct FileDeviceLock: DeviceLock {
    private let path: String

    package init(path: String) { self.path = path }

    package func acquire() throws -> (any Sendable)? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw PodFailure(
                .configuration,
                "devices cannot be kept apart from those of other processes: \(path): \(String(cString: strerror(errno))); "
                    + "set XDG_RUNTIME_DIR to a folder of this user")
        }
        let holding = Holding(descriptor)
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? holding : nil
    }

    /// Lets go of the lock with itself.
    private final class Holding: Sendable {
        private let descriptor: Int32
        init(_ descriptor: Int32) { self.descriptor = descriptor }
        deinit { close(descriptor) }
    }
}
