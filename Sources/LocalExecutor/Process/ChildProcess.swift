import CPosix
import Glibc
import Synchronization

/// A child process in a session of its own, whose standard output and error come through one pipe.
final class ChildProcess: Sendable {
    let pid: pid_t
    /// Field 22 of `/proc/<pid>/stat`.
    let startTime: Int

    private struct State {
        var outputEnded = false
        var end: ProcessEnd?
        var waiter: CheckedContinuation<ProcessEnd, Never>?
    }

    private let state = Mutex(State())

    /// Bytes read from the pipe at once.
    private static let chunkSize = 65_536

    /// Starts the program. `output` gets what it prints, in order, on the reactor's thread.
    /// - Throws: ``ProcessError`` with the program and the system's reason.
    init(_ request: ProcessRequest, output: @escaping @Sendable (ArraySlice<UInt8>) -> Void) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw ProcessError(description: "no pipe: \(Self.text(errno))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let status = Self.spawn(request, output: ends[1])
        close(ends[1])
        guard status > 0 else {
            close(ends[0])
            throw ProcessError(description: "cannot start '\(request.command[0])': \(Self.text(-status))")
        }
        pid = status
        startTime = Int(cposix_start_time(status))
        watchOutput(ends[0], output)
        watchExit()
    }

    /// The end of the process, once its output has ended too (a grandchild may hold the pipe open for longer, and
    /// Airflow's subprocess hook waits for that as well).
    func wait() async -> ProcessEnd {
        await withCheckedContinuation { continuation in
            let end = state.withLock { state -> ProcessEnd? in
                if let end = state.end, state.outputEnded { return end }
                state.waiter = continuation
                return nil
            }
            if let end { continuation.resume(returning: end) }
        }
    }

    private func watchOutput(_ descriptor: Int32, _ output: @escaping @Sendable (ArraySlice<UInt8>) -> Void) {
        let buffer = Mutex([UInt8](repeating: 0, count: Self.chunkSize))
        ProcessReactor.shared.watch(descriptor) { [self] in
            let count = buffer.withLock { bytes -> Int in
                let count = read(descriptor, &bytes, Self.chunkSize)
                if count > 0 { output(bytes[..<count]) }
                return count
            }
            if count > 0 || count < 0 && errno == EINTR { return true }
            finish { $0.outputEnded = true }
            return false
        }
    }

    private func watchExit() {
        let descriptor = cposix_process_descriptor(pid)
        precondition(descriptor >= 0, "no descriptor for process \(pid): \(descriptor)")
        ProcessReactor.shared.watch(descriptor) { [self] in
            var status: Int32 = 0
            _ = cposix_wait(pid, true, &status)
            let end: ProcessEnd =
                cposix_signaled(status) ? .signaled(cposix_signal(status)) : .exited(cposix_exit_code(status))
            finish { $0.end = end }
            return false
        }
    }

    private func finish(_ change: (inout State) -> Void) {
        let (waiter, end) = state.withLock { state in
            change(&state)
            guard state.outputEnded, let end = state.end else {
                return (nil as CheckedContinuation<ProcessEnd, Never>?, nil as ProcessEnd?)
            }
            return (state.waiter.take(), end)
        }
        if let waiter, let end { waiter.resume(returning: end) }
    }

    private static func spawn(_ request: ProcessRequest, output: Int32) -> Int32 {
        let devNull = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(devNull) }
        let mappings = [
            cposix_fd_mapping(source: devNull, target: 0), cposix_fd_mapping(source: output, target: 1),
            cposix_fd_mapping(source: output, target: 2),
        ]
        return CStrings.with(request.command) { arguments in
            CStrings.with(request.environment.map { "\($0)=\($1)" }) { environment in
                mappings.withUnsafeBufferPointer { mappings in
                    request.command[0].withCString { program in
                        withOptionalCString(request.workingDirectory) { directory in
                            var spawn = cposix_spawn_request(
                                program: program, arguments: arguments, environment: environment,
                                working_directory: directory, mappings: mappings.baseAddress,
                                mapping_count: mappings.count, new_session: true)
                            return cposix_spawn(&spawn)
                        }
                    }
                }
            }
        }
    }

    private static func withOptionalCString<Result>(
        _ text: String?, _ body: (UnsafePointer<CChar>?) -> Result
    ) -> Result {
        guard let text else { return body(nil) }
        return text.withCString(body)
    }

    static func text(_ number: Int32) -> String { String(cString: strerror(number)) }
}

/// NULL-terminated arrays of C strings.
enum CStrings {
    static func with<Result>(
        _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) }
        pointers.append(nil)
        defer { pointers.forEach { free($0) } }
        return pointers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("an array with a terminator is not empty") }
            return body(base)
        }
    }
}
