/// A program to run.
struct ProcessRequest: Sendable {
    /// Program and arguments; a program without a slash is searched in PATH.
    var command: [String]
    var environment: [String: String]
    /// `nil`: that of `pipeline`.
    var workingDirectory: String?
}

/// How a process ended.
enum ProcessEnd: Sendable, Hashable {
    case exited(Int32)
    case signaled(Int32)

    /// As Python's `Popen.returncode`: negative for a signal.
    var returnCode: Int32 {
        switch self {
        case .exited(let code): code
        case .signaled(let number): -number
        }
    }
}

/// Why a program could not be started.
struct ProcessError: Error, CustomStringConvertible {
    let description: String
}
