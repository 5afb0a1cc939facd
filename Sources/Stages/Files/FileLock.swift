import Glibc
import PipelineCore

/// An exclusive lock on a file, by `flock(2)`: the system lets it go when the process ends in any way. The file goes
/// away with the lock.
final class FileLock {
    let path: String
    /// `false` on a file system that knows no locks (some network mounts): work goes on there as if it were alone.
    let isHeld: Bool
    private let descriptor: Int32

    /// Takes the lock; `nil` while another process, or another lock of this one, has it.
    /// - Throws: ``StageError`` `fileFailed` where the file cannot be made or locked.
    static func take(_ path: String) throws(StageError) -> FileLock? {
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw FileIO.failure("\(path): cannot be written") }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let number = errno
                close(descriptor)
                if number == EWOULDBLOCK { return nil }
                if [ENOLCK, EOPNOTSUPP, ENOSYS].contains(number) { return FileLock(path, -1) }
                errno = number
                throw FileIO.failure("\(path): cannot be locked")
            }
            // Who had the lock before may have removed the file between the two calls.
            if isFile(descriptor, at: path) { return FileLock(path, descriptor) }
            close(descriptor)
        }
    }

    private static func isFile(_ descriptor: Int32, at path: String) -> Bool {
        var (own, named) = (stat(), stat())
        return fstat(descriptor, &own) == 0 && stat(path, &named) == 0 && own.st_dev == named.st_dev
            && own.st_ino == named.st_ino
    }

    private init(_ path: String, _ descriptor: Int32) {
        (self.path, self.descriptor, isHeld) = (path, descriptor, descriptor >= 0)
    }

    deinit {
        unlink(path)
        if isHeld { close(descriptor) }
    }
}

extension FileLock {
    /// Says so where nobody is kept out.
    func tell(_ progress: any ProgressReporter) {
        guard !isHeld else { return }
        progress.event(
            "not_locked", ["lock": .string(path), "reason": "the file system knows no locks; run one stage at a time"])
    }

    /// Takes the lock, and waits for it as long as another process has it.
    static func wait(for path: String, _ context: StageContext) async throws -> FileLock {
        if let lock = try take(path) {
            lock.tell(context.progress)
            return lock
        }
        context.progress.event(
            "waiting", ["for": "another process that works in the same folder", "lock": .string(path)])
        while true {
            try context.cancellation.check()
            try await context.clock.sleep(.seconds(1))
            if let lock = try take(path) { return lock }
        }
    }
}
