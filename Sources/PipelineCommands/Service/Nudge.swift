import Glibc
import PipelineCore

/// Tells a scheduler on this machine that something in the store is new. It says nothing else, and may be lost.
enum Nudge {
    /// The file that is touched: beside an embedded database, else in the home folder.
    static func path(_ configuration: Configuration) -> String { Leadership.place(configuration) + ".wake" }

    /// The file, made where there is none.
    static func file(_ configuration: Configuration) throws -> String {
        let path = path(configuration)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure("cannot open \(path): \(String(cString: strerror(errno)))")
        }
        close(descriptor)
        return path
    }

    static func send(_ configuration: Configuration) { utimes(path(configuration), nil) }
}
