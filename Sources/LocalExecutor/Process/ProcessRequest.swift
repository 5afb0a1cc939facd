import Glibc

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

/// Where programs are.
enum ExecutablePath {
    /// The path that a shell would take for `program` (Python's `shutil.which`); `nil` where there is none.
    static func find(_ program: String, in environment: [String: String]) -> String? {
        if program.contains("/") { return access(program, X_OK) == 0 ? program : nil }
        let folders = (environment["PATH"] ?? "/bin:/usr/bin").split(separator: ":")
        return folders.lazy.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }

    /// The file of the running program.
    static func running() -> String? {
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}
