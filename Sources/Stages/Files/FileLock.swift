import Glibc
import PipelineCore

/// An exclusive lock on a file, by `flock(2)`: the system lets it go when the process ends in any way. The file goes
/// away with the lock.
final class FileLock {
    let path: String
    private let descriptor: Int32

    /// Takes the lock; `nil` while another process, or another lock of this one, has it.
    /// - Throws: ``StageError`` `fileFailed` where the file cannot be made or its file system knows no locks.
    static func take(_ path: String) throws(StageError) -> FileLock? {
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw FileIO.failure("\(path): cannot be written") }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let number = errno
                close(descriptor)
                if number == EWOULDBLOCK { return nil }
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
        (self.path, self.descriptor) = (path, descriptor)
    }

    deinit {
        unlink(path)
        close(descriptor)
    }
}

extension FileLock {
    /// Takes the lock, and waits for it as long as another process has it.
    static func wait(for path: String, _ context: StageContext) async throws -> FileLock {
        if let lock = try take(path) { return lock }
        context.progress.event("waiting", ["for": "another process that works in the same folder", "lock": .string(path)])
        while true {
            try context.cancellation.check()
            try await context.clock.sleep(.seconds(1))
            if let lock = try take(path) { return lock }
        }
    }
}
