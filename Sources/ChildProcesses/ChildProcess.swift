import CPosix
import Glibc
import Synchronization

/// A child process in a session of its own, whose standard output and error come through one pipe, or one each.
///
/// It is reaped only once its output has ended too. Until then its number cannot stand for another process, and the
/// group that it leads can be signalled safely, also where the leader itself has ended and a descendant runs on.
package final class ChildProcess: Sendable {
    package let pid: Int32
    /// Field 22 of `/proc/<pid>/stat`.
    package let startTime: Int

    private struct State {
        var openOutputs = 1
        var isCut = false
        var hasExited = false
        var isReaped = false
        var end: ProcessEnd?
        var waiter: CheckedContinuation<ProcessEnd, Never>?
    }

    private let state = Mutex(State())
    private let outputEnd: Int32
    /// Of standard error, where it has a pipe of its own.
    private let errorEnd: Int32?
    private let exitDescriptor: Int32
    private let reactor: ProcessReactor
    private let willReap = Mutex<(@Sendable () -> Void)?>(nil)

    /// Bytes read from the pipe at once.
    private static let chunkSize = 65_536

    /// Starts the program. ``begin(output:errors:willReap:)`` must follow.
    /// - Throws: ``ProcessError`` with the program and the system's reason.
    package init(_ request: ProcessRequest) throws(ProcessError) {
        reactor = ProcessReactor.shared
        let output = try OutputPipe()
        let errors: OutputPipe?
        do { errors = request.separatesErrors ? try OutputPipe() : nil } catch {
            output.closeAll()
            throw error
        }
        let status = Self.spawn(request, output: output.writeEnd, errors: errors?.writeEnd ?? output.writeEnd)
        for pipe in [output, errors].compactMap(\.self) { close(pipe.writeEnd) }
        guard status > 0 else {
            for pipe in [output, errors].compactMap(\.self) { close(pipe.readEnd) }
            throw ProcessError(
                description: Self.reason(request, -status), isMissing: [ENOENT, EACCES, ENOTDIR].contains(-status))
        }
        let descriptor = cposix_process_descriptor(status)
        guard descriptor >= 0 else {
            for pipe in [output, errors].compactMap(\.self) { close(pipe.readEnd) }
            _ = cposix_kill_group(status, SIGKILL)
            var ignored: Int32 = 0
            _ = cposix_wait(status, true, &ignored)
            throw ProcessError(description: "no descriptor for process \(status): \(Self.text(-descriptor))")
        }
        pid = status
        startTime = Int(cposix_start_time(status))
        (outputEnd, errorEnd) = (output.readEnd, errors?.readEnd)
        exitDescriptor = descriptor
    }

    /// Begins to read and to wait. `output` gets what the process prints, in order, on the reactor's thread; `errors` what
    /// it prints to standard error, where that has a pipe of its own; `willReap` is called once, after the last output,
    /// before the process's number is given back to the system.
    package func begin(
        output: @escaping @Sendable (ArraySlice<UInt8>) -> Void,
        errors: @escaping @Sendable (ArraySlice<UInt8>) -> Void = { _ in }, willReap: @escaping @Sendable () -> Void
    ) {
        self.willReap.withLock { $0 = willReap }
        if errorEnd != nil { state.withLock { $0.openOutputs = 2 } }
        watch(outputEnd, output)
        if let errorEnd { watch(errorEnd, errors) }
        reactor.watch(exitDescriptor) { [self] in
            finish { $0.hasExited = true }
            return false
        }
    }

    /// Signals the process and all of its group that is left; nothing once it was reaped.
    package func signal(_ number: Int32) {
        // Under the lock: the number is the process's own until it is reaped.
        state.withLock { state in
            if !state.isReaped { _ = cposix_kill_group(pid, number) }
        }
    }

    /// The end of the process, once its output has ended too (a grandchild may hold the pipe open for longer, and
    /// Airflow's subprocess hook waits for that as well).
    package func wait() async -> ProcessEnd {
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
    package func cutOutput() {
        finish { $0.isCut = true }
    }

    private func watch(_ descriptor: Int32, _ output: @escaping @Sendable (ArraySlice<UInt8>) -> Void) {
        let buffer = Mutex([UInt8](repeating: 0, count: Self.chunkSize))
        reactor.watch(descriptor) { [self] in
            let count = buffer.withLock { bytes -> Int in
                let count = read(descriptor, &bytes, Self.chunkSize)
                if count > 0, !state.withLock({ $0.isCut }) { output(bytes[..<count]) }
                return count
            }
            if count > 0 || count < 0 && errno == EINTR { return true }
            finish { $0.openOutputs -= 1 }
            return false
        }
    }

    private func finish(_ change: (inout State) -> Void) {
        let isDue = state.withLock { state in
            change(&state)
            guard state.hasExited, state.openOutputs == 0 || state.isCut, !state.isReaped else { return false }
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

    private static func spawn(_ request: ProcessRequest, output: Int32, errors: Int32) -> Int32 {
        let devNull = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(devNull) }
        let mappings = [
            cposix_fd_mapping(source: devNull, target: 0), cposix_fd_mapping(source: output, target: 1),
            cposix_fd_mapping(source: errors, target: 2),
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

    package static func text(_ number: Int32) -> String { String(cString: strerror(number)) }
}

/// A pipe whose ends no other child inherits.
private struct OutputPipe {
    let readEnd: Int32
    let writeEnd: Int32

    init() throws(ProcessError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw ProcessError(description: "no pipe: \(ChildProcess.text(errno))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    func closeAll() { for end in [readEnd, writeEnd] { close(end) } }
}
