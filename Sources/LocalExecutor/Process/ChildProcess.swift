import CPosix
import Glibc
import Synchronization

/// A child process in a session of its own, whose standard output and error come through one pipe.
///
/// It is reaped only once its output has ended too. Until then its number cannot stand for another process, and the
/// group that it leads can be signalled safely, also where the leader itself has ended and a descendant runs on.
final class ChildProcess: Sendable {
    let pid: pid_t
    /// Field 22 of `/proc/<pid>/stat`.
    let startTime: Int

    private struct State {
        var outputEnded = false
        var isCut = false
        var hasExited = false
        var isReaped = false
        var end: ProcessEnd?
        var waiter: CheckedContinuation<ProcessEnd, Never>?
    }

    private let state = Mutex(State())
    private let outputEnd: Int32
    private let exitDescriptor: Int32
    private let reactor: ProcessReactor
    private let willReap = Mutex<(@Sendable () -> Void)?>(nil)

    /// Bytes read from the pipe at once.
    private static let chunkSize = 65_536

    /// Starts the program. ``begin(output:willReap:)`` must follow.
    /// - Throws: ``ProcessError`` with the program and the system's reason.
    init(_ request: ProcessRequest) throws {
        reactor = ProcessReactor.shared
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw ProcessError(description: "no pipe: \(Self.text(errno))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let status = Self.spawn(request, output: ends[1])
        close(ends[1])
        guard status > 0 else {
            close(ends[0])
            throw ProcessError(description: Self.reason(request, -status))
        }
        let descriptor = cposix_process_descriptor(status)
        guard descriptor >= 0 else {
            close(ends[0])
            _ = cposix_kill_group(status, SIGKILL)
            var ignored: Int32 = 0
            _ = cposix_wait(status, true, &ignored)
            throw ProcessError(description: "no descriptor for process \(status): \(Self.text(-descriptor))")
        }
        pid = status
        startTime = Int(cposix_start_time(status))
        outputEnd = ends[0]
        exitDescriptor = descriptor
    }

    /// Begins to read and to wait. `output` gets what the process prints, in order, on the reactor's thread; `willReap`
    /// is called once, after the last output, before the process's number is given back to the system.
    func begin(
        output: @escaping @Sendable (ArraySlice<UInt8>) -> Void, willReap: @escaping @Sendable () -> Void
    ) {
        self.willReap.withLock { $0 = willReap }
        watchOutput(output)
        reactor.watch(exitDescriptor) { [self] in
            finish { $0.hasExited = true }
            return false
        }
    }

    /// The end of the process, once its output has ended too (a grandchild may hold the pipe open for longer, and
    /// Airflow's subprocess hook waits for that as well).
    func wait() async -> ProcessEnd {
        await withCheckedContinuation { continuation in
            let end = state.withLock { state -> ProcessEnd? in
                if let end = state.end { return end }
                state.waiter = continuation
                return nil
            }
            if let end { continuation.resume(returning: end) }
        }
    }

    /// Waits for no more output: of a tree that was killed, only a process that nobody can find holds the pipe open.
    func cutOutput() {
        finish { $0.isCut = true }
    }

    private func watchOutput(_ output: @escaping @Sendable (ArraySlice<UInt8>) -> Void) {
        let buffer = Mutex([UInt8](repeating: 0, count: Self.chunkSize))
        reactor.watch(outputEnd) { [self] in
            let count = buffer.withLock { bytes -> Int in
                let count = read(outputEnd, &bytes, Self.chunkSize)
                if count > 0, !state.withLock({ $0.isCut }) { output(bytes[..<count]) }
                return count
            }
            if count > 0 || count < 0 && errno == EINTR { return true }
            finish { $0.outputEnded = true }
            return false
        }
    }

    private func finish(_ change: (inout State) -> Void) {
        let isDue = state.withLock { state in
            change(&state)
            guard state.hasExited, state.outputEnded || state.isCut, !state.isReaped else { return false }
            state.isReaped = true
            return true
        }
        guard isDue else { return }
        willReap.withLock { $0.take() }?()
        let end = reap()
        let waiter = state.withLock { state in
            state.end = end
            return state.waiter.take()
        }
        waiter?.resume(returning: end)
    }

    private func reap() -> ProcessEnd {
        var status: Int32 = 0
        _ = cposix_wait(pid, true, &status)
        return cposix_signaled(status) ? .signaled(cposix_signal(status)) : .exited(cposix_exit_code(status))
    }

    private static func reason(_ request: ProcessRequest, _ number: Int32) -> String {
        let place = request.workingDirectory.map { " in \($0)" } ?? ""
        return "cannot start '\(request.command[0])'\(place): \(text(number))"
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
