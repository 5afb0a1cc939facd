import CPosix
import Dispatch
import Glibc

/// Runs programs as child processes, without standard input.
package struct ProcessCommandRunner: CommandRunner {
    /// Bytes of each output.
    static let outputLimit = 1 << 20
    /// How long a program may take; plugins that ask a cloud need seconds.
    private let timeoutMilliseconds: Int32

    private let baseEnvironment: [String: String]

    /// - Parameter environment: of this process.
    package init(environment: [String: String], timeoutMilliseconds: Int32 = 60_000) {
        baseEnvironment = environment
        self.timeoutMilliseconds = timeoutMilliseconds
    }

    package func run(
        _ command: String, _ arguments: [String], environment: [String: String]
    ) async throws(KubernetesConfigurationError) -> CommandResult {
        let merged = baseEnvironment.merging(environment) { $1 }
        let result = await withCheckedContinuation { continuation in
            // Waiting for a child blocks: never on the cooperative pool.
            DispatchQueue.global().async {
                continuation.resume(
                    returning: Result { () throws(KubernetesConfigurationError) in
                        try runBlocking(command, [command] + arguments, merged.map { "\($0)=\($1)" })
                    })
            }
        }
        return try result.get()
    }

    private func runBlocking(
        _ command: String, _ arguments: [String], _ environment: [String]
    ) throws(KubernetesConfigurationError) -> CommandResult {
        var child = try Self.start(command, arguments, environment)
        defer { child.closeAll() }
        guard child.collect(limit: Self.outputLimit, milliseconds: timeoutMilliseconds) else {
            child.end()
            throw KubernetesConfigurationError(
                place: command,
                message:
                    "did not end within \(timeoutMilliseconds / 1_000) s, or printed more than \(Self.outputLimit) bytes"
            )
        }
        return CommandResult(
            exitCode: child.wait(), output: child.output, errorOutput: String(decoding: child.errors, as: UTF8.self))
    }

    private static func start(
        _ command: String, _ arguments: [String], _ environment: [String]
    ) throws(KubernetesConfigurationError) -> Child {
        var (out, err): (socketPair, socketPair) = ((-1, -1), (-1, -1))
        guard cposix_socketpair(&out.0, &out.1) == 0, cposix_socketpair(&err.0, &err.1) == 0 else {
            throw KubernetesConfigurationError(place: command, message: "no descriptors are left")
        }
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { for descriptor in [out.1, err.1, null] { close(descriptor) } }
        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        let mappings = [
            cposix_fd_mapping(source: null, target: 0), cposix_fd_mapping(source: out.1, target: 1),
            cposix_fd_mapping(source: err.1, target: 2),
        ]
        let pid = command.withCString { program in
            argv.withUnsafeBufferPointer { argv in
                envp.withUnsafeBufferPointer { envp in
                    mappings.withUnsafeBufferPointer { mappings -> pid_t in
                        guard let arguments = argv.baseAddress, let variables = envp.baseAddress else { return -EINVAL }
                        var request = cposix_spawn_request(
                            program: program, arguments: arguments, environment: variables, working_directory: nil,
                            mappings: mappings.baseAddress, mapping_count: mappings.count, new_session: false)
                        return cposix_spawn(&request)
                    }
                }
            }
        }
        guard pid > 0 else {
            for descriptor in [out.0, err.0] { close(descriptor) }
            throw KubernetesConfigurationError(
                place: command, message: "cannot be started: \(String(cString: strerror(-pid)))")
        }
        return Child(pid: pid, descriptors: [out.0, err.0])
    }

    private typealias socketPair = (Int32, Int32)
}

/// A started program and what it has printed.
private struct Child {
    let pid: pid_t
    let descriptors: [Int32]
    private(set) var output: [UInt8] = []
    private(set) var errors: [UInt8] = []

    init(pid: pid_t, descriptors: [Int32]) {
        self.pid = pid
        self.descriptors = descriptors
    }

    /// Reads both outputs to their ends; `false` where a limit was passed.
    mutating func collect(limit: Int, milliseconds: Int32) -> Bool {
        var open = Set(descriptors)
        let deadline = DispatchTime.now() + .milliseconds(Int(milliseconds))
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while !open.isEmpty {
            let left = Int64(deadline.uptimeNanoseconds) - Int64(DispatchTime.now().uptimeNanoseconds)
            var polls = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard left > 0, poll(&polls, nfds_t(polls.count), Int32(left / 1_000_000) + 1) >= 0 else { return false }
            for entry in polls where entry.revents != 0 {
                let count = read(entry.fd, &buffer, buffer.count)
                if count <= 0 {
                    open.remove(entry.fd)
                } else if entry.fd == descriptors[0] {
                    output += buffer[..<count]
                } else {
                    errors += buffer[..<count]
                }
            }
            guard output.count <= limit, errors.count <= limit else { return false }
        }
        return true
    }

    func end() {
        _ = cposix_kill_group(pid, SIGKILL)
        _ = wait()
    }

    func wait() -> Int {
        var status: Int32 = 0
        _ = cposix_wait(pid, true, &status)
        return Int(cposix_exited(status) ? cposix_exit_code(status) : 128 + cposix_signal(status))
    }

    func closeAll() { for descriptor in descriptors { close(descriptor) } }
}
