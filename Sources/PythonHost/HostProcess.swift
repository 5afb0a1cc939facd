import CPosix
import Glibc

/// Starts the host process and reaps it.
enum HostProcess {
    /// The channel to a new host. It is not ready yet; `ready` of the channel says when, or why not.
    static func start(_ configuration: PythonConfiguration) throws(PythonHostError) -> PythonChannel {
        let scripts = try PythonScripts.install(below: configuration.cacheDirectory)
        var ours: Int32 = -1
        var theirs: Int32 = -1
        _ = try SystemCall.check(cposix_socketpair(&ours, &theirs), "socketpair")
        let child = OwnedDescriptor(theirs)
        let arguments = [
            configuration.python, "-c", PythonScripts.startStatement(directory: scripts, fd: controlDescriptor),
        ]
        let errorLog = try openErrorLog(configuration.errorLogPath)
        let mappings = [
            cposix_fd_mapping(source: child.raw, target: controlDescriptor),
            cposix_fd_mapping(source: errorLog.raw, target: 1),
            cposix_fd_mapping(source: errorLog.raw, target: 2),
        ]
        let pid = spawn(arguments, environment: configuration.hostEnvironment, mappings: mappings)
        guard pid > 0 else {
            close(ours)
            throw missing(configuration.python, code: -pid)
        }
        return PythonChannel(socket: ours) {
            var status: Int32 = 0
            _ = cposix_wait(pid, true, &status)
        }
    }

    static func missing(_ python: String, code: Int32) -> PythonHostError {
        PythonHostError(
            .pythonMissing,
            "cannot start \(python): \(SystemCall.text(of: code)). Install Python 3.10 or newer, or name the "
                + "interpreter in PIPELINE_PYTHON")
    }

    /// Where the control socket is in the host.
    private static let controlDescriptor: Int32 = 3

    private static func openErrorLog(_ path: String?) throws(PythonHostError) -> OwnedDescriptor {
        let fd = path.map { open($0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644) } ?? fcntl(2, F_DUPFD_CLOEXEC, 3)
        guard fd >= 0 else {
            throw PythonHostError(.system, "open \(path ?? "standard error"): \(SystemCall.text(of: errno))")
        }
        return OwnedDescriptor(fd)
    }

    /// The pid, or `-errno`. The process leads a session of its own, so that Ctrl-C on a terminal does not reach it.
    static func spawn(_ arguments: [String], environment: [String: String], mappings: [cposix_fd_mapping]) -> Int32 {
        let argumentStrings = arguments.map { strdup($0) } + [nil]
        let environmentStrings = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for string in argumentStrings + environmentStrings { free(string) } }
        return argumentStrings.withUnsafeBufferPointer { argumentBuffer in
            environmentStrings.withUnsafeBufferPointer { environmentBuffer in
                mappings.withUnsafeBufferPointer { mappingBuffer in
                    guard let program = argumentStrings[0], let argumentList = argumentBuffer.baseAddress,
                        let environmentList = environmentBuffer.baseAddress
                    else { return -ENOMEM }
                    var request = cposix_spawn_request(
                        program: program, arguments: argumentList, environment: environmentList,
                        working_directory: nil, mappings: mappingBuffer.baseAddress,
                        mapping_count: mappingBuffer.count, new_session: true)
                    return cposix_spawn(&request)
                }
            }
        }
    }
}
