import Glibc
import PipelineCore

/// Tells a scheduler on this machine that something in the store is new. It says nothing else, and may be lost.
enum Nudge {
    /// The file that is touched.
    static func file(home: String) throws -> String {
        let path = home + "/scheduler.wake"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure("cannot open \(path): \(String(cString: strerror(errno)))")
        }
        close(descriptor)
        return path
    }

    static func send(_ configuration: Configuration) {
        utimes(configuration[.home] + "/scheduler.wake", nil)
    }
}
