import ChildProcesses
import PipelineCore
import PipelineTestSupport
import Synchronization

/// podman 4.3 as a value: it understands the commands that the executor uses, and runs containers in simulated time. Texts
/// and exit codes are podman's own.
final class PodmanDouble: StreamingCommandRunner {
    struct Container {
        var name = ""
        var id = ""
        var labels: [String: String] = [:]
        var arguments: [String] = []
        var environment: [String: String] = [:]
        var image = ""
        var status = "created"
        var exitCode = 0
        var isOutOfMemory = false
        var startedAt: Timestamp?
        var finishedAt: Timestamp?
        var script = ContainerScript()
        var log: [UInt8] = []
    }

    /// A command that ends differently: those whose words begin so, the first so many.
    struct Fault {
        var words: [String]
        var result: Result<CommandResult, CommandError>
        var left: Int
    }

    struct State {
        var containers: [Container] = []
        var images: Set<String> = ["busybox:1"]
        var pullable: Set<String> = []
        var volumes: Set<String> = []
        var calls: [[String]] = []
        var script = ContainerScript()
        var scriptsByContainer: [String: ContainerScript] = [:]
        var faults: [Fault] = []
        var made = 0
        var info: JSONValue = PodmanDouble.info()
        var kernelLog: String?
        var folders: [String] = []
        var isPullStuck = false
        /// Somebody holds podman's lock.
        var areQueriesStuck = false
        var imageUser = ""
        var followers: [Int: Follower] = [:]
        var nextFollower = 0
        var changes: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextChange = 0
    }

    struct Follower {
        var container: String
        var output: @Sendable (ArraySlice<UInt8>) -> Void
    }

    let clock: TestClock
    let state = Mutex(State())

    init(clock: TestClock) { self.clock = clock }

    static func info(
        version: String = "4.3.1", isRootless: Bool = false, idRanges: Int = 0, isRemote: Bool = false, cgroups: String = "v2"
    ) -> JSONValue {
        let ranges = JSONValue.array((0..<idRanges).map { ["container_id": .int($0)] })
        return [
            "host": [
                "serviceIsRemote": .bool(isRemote), "security": ["rootless": .bool(isRootless)],
                "idMappings": ["uidmap": idRanges == 0 ? .null : ranges], "cgroupVersion": .string(cgroups),
            ], "version": ["Version": .string(version)],
        ]
    }

    // MARK: - For tests

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
    var calls: [[String]] { state.withLock { $0.calls } }
    var containers: [Container] { state.withLock { $0.containers } }
    var volumes: Set<String> { state.withLock { $0.volumes } }
    /// How many containers were made so far.
    var made: Int { state.withLock { $0.made } }
    var running: Int { containers.count { $0.status == "running" } }
    func container(_ suffix: String) -> Container? { containers.first { $0.name.hasSuffix(suffix) } }
    func count(_ words: String...) -> Int { calls.count { $0.starts(with: words) } }

    func fail(_ words: String..., with text: String, exitCode: Int = 125, times: Int = 1) {
        let result = CommandResult(exitCode: exitCode, output: [], errorOutput: "Error: \(text)\n")
        change { $0.faults.append(Fault(words: words, result: .success(result), left: times)) }
    }

    /// Somebody else's `podman rm --force`.
    func removeFromOutside(_ suffix: String) {
        change { state in state.containers.removeAll { $0.name.hasSuffix(suffix) } }
        wake()
    }

    /// The machine went down and came back: podman starts anew with what is on the disk.
    func reboot() {
        change { state in
            for index in state.containers.indices where state.containers[index].status == "running" {
                state.containers[index].status = "exited"
            }
        }
        wake()
    }

    // MARK: - The seam

    func run(
        _ command: String, _ arguments: [String], environment: [String: String]
    ) async throws(CommandError) -> CommandResult {
        await Task.yield()
        if let fault = noted(command, arguments) { return try fault.get() }
        switch (command, arguments.first ?? "") {
        case ("mkdir", _):
            change { $0.folders.append(arguments[1]) }
            return Self.done()
        case ("podman", "wait"): return await wait(arguments[1])
        case ("podman", "stop"): return await stop(arguments)
        case ("podman", "pull"): return await pull(arguments)
        case ("podman", "create"): return create(arguments, environment)
        case ("podman", "start"): return start(arguments[1])
        default: return query(arguments)
        }
    }

    func stream(
        _ command: String, _ arguments: [String], environment: [String: String],
        output: @escaping @Sendable (ArraySlice<UInt8>) -> Void
    ) async throws(CommandError) -> CommandResult {
        await Task.yield()
        if let fault = noted(command, arguments) { return try fault.get() }
        switch command {
        case "tail": return await tail(arguments, output)
        case "dmesg": return kernelLog(output)
        default: break
        }
        if arguments.first == "cp" { return copy(arguments, output) }
        if state.withLock({ $0.areQueriesStuck }) {
            await nextChange { !$0.areQueriesStuck }
            if Task.isCancelled { return CommandResult(exitCode: 143, output: []) }
        }
        let answer = query(arguments)
        output(answer.output[...])
        return CommandResult(exitCode: answer.exitCode, output: [], errorOutput: answer.errorOutput)
    }

    private func noted(_ command: String, _ arguments: [String]) -> Result<CommandResult, CommandError>? {
        let words = command == "podman" ? arguments : [command] + arguments
        return state.withLock { state in
            state.calls.append(words)
            guard let index = state.faults.firstIndex(where: { words.starts(with: $0.words) && $0.left > 0 }) else { return nil }
            state.faults[index].left -= 1
            return state.faults[index].result
        }
    }

    private func kernelLog(_ output: @Sendable (ArraySlice<UInt8>) -> Void) -> CommandResult {
        guard let log = state.withLock({ $0.kernelLog }) else { return Self.error("Operation not permitted", exitCode: 1) }
        output(Array(log.utf8)[...])
        return Self.done()
    }

    static func done(_ output: String = "") -> CommandResult { CommandResult(exitCode: 0, output: Array(output.utf8)) }
    static func error(_ text: String, exitCode: Int = 125) -> CommandResult {
        CommandResult(exitCode: exitCode, output: [], errorOutput: "Error: \(text)\n")
    }

    // MARK: - News

    /// Returns at the next change, or when the task is cancelled.
    func nextChange(unless isThere: @Sendable (State) -> Bool) async {
        let id = state.withLock { state in
            state.nextChange += 1
            return state.nextChange
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if Task.isCancelled || isThere(state) { return true }
                    state.changes[id] = continuation
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.changes.removeValue(forKey: id) }?.resume()
        }
    }

    func wake() {
        let waiting = state.withLock { state in
            defer { state.changes = [:] }
            return Array(state.changes.values)
        }
        for continuation in waiting { continuation.resume() }
    }
}
