/// What a container of the double does.
struct ContainerScript: Sendable {
    var exitCode = 0
    /// Each takes its part of the time.
    var lines: [String] = []
    /// Raw lines of the log file, without stamps: `stdout P text`.
    var rawLines: [String] = []
    var result: String?
    /// `nil`: until it is ended.
    var duration: Duration? = .seconds(1)
    var isOutOfMemory = false
    /// Exit code after TERM; `nil`: it goes on, so that KILL comes.
    var exitCodeOnTerm: Int? = 143
    /// What its handler of TERM writes.
    var lineOnTerm: String?
    /// Why the runtime cannot start it.
    var startError: String?
}
