import Glibc

/// A program to run.
package struct ProcessRequest: Sendable {
    /// Program and arguments; a program without a slash is searched in PATH.
    package var command: [String]
    package var environment: [String: String]
    /// `nil`: that of `pipeline`.
    package var workingDirectory: String?
    /// Standard error has a pipe of its own; otherwise it shares that of standard output, in the order of writing.
    package var separatesErrors: Bool

    package init(
        command: [String], environment: [String: String], workingDirectory: String?, separatesErrors: Bool = false
    ) {
        self.command = command
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.separatesErrors = separatesErrors
    }
}

/// How a process ended.
package enum ProcessEnd: Sendable, Hashable {
    case exited(Int32)
    case signaled(Int32)

    /// As Python's `Popen.returncode`: negative for a signal.
    package var returnCode: Int32 {
        switch self {
        case .exited(let code): code
        case .signaled(let number): -number
        }
    }
}

/// Why a program could not be started.
package struct ProcessError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
    /// There is no such program, or it is none that this user may run.
    package let isMissing: Bool

    package init(description: String, isMissing: Bool = false) {
        self.description = description
        self.isMissing = isMissing
    }
}

/// Where programs are.
package enum ExecutablePath {
    /// The path that a shell would take for `program` (Python's `shutil.which`); `nil` where there is none.
    package static func find(_ program: String, in environment: [String: String]) -> String? {
        if program.contains("/") { return access(program, X_OK) == 0 ? program : nil }
        let folders = (environment["PATH"] ?? "/bin:/usr/bin").split(separator: ":")
        return folders.lazy.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }

    /// The file of the running program.
    package static func running() -> String? {
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}
