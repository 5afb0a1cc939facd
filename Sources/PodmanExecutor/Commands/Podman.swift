package import ChildProcesses
import Glibc
import PipelineCore
import Synchronization

/// podman's commands that an executor needs, as calls. They run one program each; podman has no server here.
package struct Podman: Sendable {
    /// The program, searched in PATH.
    static let program = "podman"

    /// Questions are answered from podman's database; one that takes longer waits for a lock that nobody gives back.
    private static let queryTime: Duration = .seconds(60)
    /// Bytes of an answer: far more than the containers of a question's batch take.
    private static let answerLimit = 64 << 20
    /// Containers that are asked for at once.
    private static let batch = 100

    let runner: any StreamingCommandRunner
    private let clock: any Clock<Duration>

    package init(runner: any StreamingCommandRunner, clock: any Clock<Duration>) {
        self.runner = runner
        self.clock = clock
    }

    /// What podman says of itself and the machine.
    /// - Throws: ``PodmanError``
    func info() async throws -> PodmanInfo { PodmanInfo(json: try await json(["info", "--format", "json"])) }

    /// Containers that have all of the labels, whatever their state.
    /// - Throws: ``PodmanError``, `CancellationError`
    func containers(labels: [(name: String, value: String)]) async throws -> [ContainerRecord] {
        let filters = labels.flatMap { ["--filter", "label=\($0.name)=\($0.value)"] }
        return try await containers(filters)
    }

    /// Containers that have a label of this name.
    /// - Throws: ``PodmanError``, `CancellationError`
    func containers(withLabel name: String) async throws -> [ContainerRecord] {
        try await containers(["--filter", "label=\(name)"])
    }

    /// Between the two questions a container may go.
    private static let listAttempts = 3

    private func containers(_ filters: [String]) async throws -> [ContainerRecord] {
        var attempt = 1
        while true {
            let output = try await output(["ps", "--all", "--quiet", "--no-trunc"] + filters)
            let ids = output.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
            do {
                return try await records(ids)
            } catch let error as PodmanError where error.exitCode != nil && attempt < Self.listAttempts {
                attempt += 1
            }
        }
    }

    private func records(_ ids: [String]) async throws -> [ContainerRecord] {
        var records: [ContainerRecord] = []
        for start in stride(from: 0, to: ids.count, by: Self.batch) {
            let batch = ids[start..<min(start + Self.batch, ids.count)]
            let found = try await json(["container", "inspect"] + batch).arrayValue ?? []
            records += found.map(ContainerRecord.init)
        }
        return records
    }

    /// - Throws: ``PodmanError``, `CancellationError`
    func hasImage(_ image: String) async throws -> Bool {
        try await isThere(["image", "exists", image])
    }

    /// - Throws: ``PodmanError``, `CancellationError`
    func hasContainer(_ name: String) async throws -> Bool {
        try await isThere(["container", "exists", name])
    }

    /// `exists` answers by its exit code: 0, 1, or 125 for a trouble of podman's.
    private func isThere(_ arguments: [String]) async throws -> Bool {
        let result = try await answer(arguments)
        guard result.exitCode > 1 else { return result.exitCode == 0 }
        throw PodmanError(arguments, result)
    }

    /// - Throws: ``PodmanError``, `CancellationError`
    func pull(_ image: String) async throws { try await act(["pull", "--quiet", image]) }

    /// - Parameter environment: values of variables that the arguments name only.
    /// - Returns: what podman warns of.
    /// - Throws: ``PodmanError``, `CancellationError`
    func create(_ arguments: [String], environment: [String: String]) async throws -> String {
        let call = ["create"] + arguments
        let result = try await result(call, environment: environment)
        guard result.exitCode == 0 else { throw PodmanError(call, result) }
        return result.errorOutput
    }

    /// Starts a container that does not run; nothing for one that does.
    /// - Throws: ``PodmanError``, `CancellationError`
    func start(_ name: String) async throws { try await act(["start", name]) }

    /// Returns when the container has ended, or is not there any more; in doubt, too early.
    /// - Throws: ``PodmanError`` where podman cannot be started, `CancellationError`
    func wait(_ name: String) async throws { _ = try await result(["wait", name]) }

    /// TERM, and KILL after the grace time.
    /// - Throws: ``PodmanError``, `CancellationError`
    func stop(_ names: [String], graceSeconds: Int) async throws {
        try await act(["stop", "--ignore", "--time", String(graceSeconds)] + names)
    }

    /// Ends and removes containers with what podman keeps for them; those that are not there are no error.
    /// - Throws: ``PodmanError``, `CancellationError`
    func remove(_ names: [String], graceSeconds: Int) async throws {
        guard !names.isEmpty else { return }
        try await act(["rm", "--force", "--ignore", "--volumes", "--time", String(graceSeconds)] + names)
    }

    /// Removes named volumes; those that are not there are no error.
    /// - Throws: ``PodmanError``, `CancellationError`
    func removeVolumes(_ names: [String]) async throws {
        for name in names where try await isThere(["volume", "exists", name]) {
            try await act(["volume", "rm", "--force", name])
        }
    }

    /// Headers that may stand before the content of a file.
    private static let archiveMargin = 16 << 10

    /// The beginning of a file of a container that has ended; `nil` where there is no such file.
    /// - Parameter limit: bytes that are wanted of it.
    /// - Throws: ``PodmanError``, `CancellationError`
    func file(_ path: String, of container: String, limit: Int) async throws -> [UInt8]? {
        let call = ["cp", "\(container):\(path)", "-"]
        let archive = Mutex<[UInt8]>([])
        let result = try await stream(Self.program, call) { bytes in
            archive.withLock { $0 += bytes.prefix(max(0, limit + Self.archiveMargin - $0.count)) }
        }
        try Task.checkCancellation()
        if result.exitCode == 0 {
            guard let file = TarFile.first(in: archive.withLock { $0 }, limit: limit) else {
                throw PodmanError(call, "the archive of \(path) holds no file")
            }
            return file
        }
        // There is no code of its own for "no such file"; any other trouble must not look like a task without a result.
        guard result.errorOutput.contains("could not be found") else { throw PodmanError(call, result) }
        return nil
    }

    /// Follows the log of a container on the disk, from the byte `offset` on, until the task is cancelled or, where it is
    /// not to be followed, to its present end. `podman logs` itself is no help: it writes stamps into the middle of lines.
    /// - Throws: ``PodmanError``
    func log(
        _ path: String, from offset: Int, follow: Bool, output: @escaping @Sendable (ArraySlice<UInt8>) -> Void
    ) async throws -> CommandResult {
        // A process that is killed cannot end its followers: they look after it.
        let following = follow ? ["-f", "--pid=\(getpid())"] : []
        return try await stream("tail", ["-c", "+\(offset + 1)"] + following + [path], output: output)
    }

    /// Bytes of the kernel's log that are looked at: more than kernels keep.
    private static let kernelLogLimit = 32 << 20

    /// The kernel's log; `nil` where this user may not read it.
    func kernelLog() async -> String? {
        let log = Mutex<[UInt8]>([])
        let result = try? await runner.stream("dmesg", [], environment: [:]) { bytes in
            log.withLock { $0 += bytes.prefix(max(0, Self.kernelLogLimit - $0.count)) }
        }
        return result?.exitCode == 0 ? String(decoding: log.withLock { $0 }, as: UTF8.self) : nil
    }

    /// - Throws: ``PodmanError``
    func makeFolder(_ path: String) async throws {
        do {
            let result = try await runner.run("mkdir", ["-p", path], environment: [:])
            guard result.exitCode == 0 else { throw PodmanError(["mkdir"], result) }
        } catch let error as CommandError {
            throw PodmanError(["mkdir"], error)
        }
    }

    // MARK: - Running

    private func stream(
        _ program: String, _ arguments: [String], output: @escaping @Sendable (ArraySlice<UInt8>) -> Void
    ) async throws -> CommandResult {
        do {
            return try await runner.stream(program, arguments, environment: [:], output: output)
        } catch {
            throw PodmanError(arguments, error)
        }
    }

    private func json(_ arguments: [String]) async throws -> JSONValue {
        let bytes = try await output(arguments)
        do {
            return try JSONValue.parse(utf8: bytes)
        } catch {
            throw PodmanError(arguments, "printed no JSON: \(error)", isFinal: false)
        }
    }

    private func output(_ arguments: [String]) async throws -> [UInt8] {
        let result = try await answer(arguments)
        guard result.exitCode == 0 else { throw PodmanError(arguments, result) }
        return result.output
    }

    /// Something that changes what is there, and takes its time.
    private func act(_ arguments: [String]) async throws {
        let result = try await result(arguments)
        guard result.exitCode == 0 else { throw PodmanError(arguments, result) }
    }

    /// The answer to a question, however long it is, and not however late.
    private func answer(_ arguments: [String]) async throws -> CommandResult {
        let output = Mutex<[UInt8]>([])
        let isOverdue = Atomic(false)
        let asking = Task {
            try await stream(Self.program, arguments) { bytes in
                output.withLock { $0 += bytes.prefix(max(0, Self.answerLimit - $0.count)) }
            }
        }
        let timer = Task { [clock] in
            try await clock.sleep(for: Self.queryTime, tolerance: nil)
            isOverdue.store(true, ordering: .releasing)
            asking.cancel()
        }
        defer { timer.cancel() }
        var result = try await withTaskCancellationHandler { try await asking.value } onCancel: { asking.cancel() }
        try Task.checkCancellation()
        guard !isOverdue.load(ordering: .acquiring) else { throw PodmanError(arguments, "did not end within \(Self.queryTime)", isFinal: false) }
        result.output = output.withLock { $0 }
        return result
    }

    private func result(_ arguments: [String], environment: [String: String] = [:]) async throws -> CommandResult {
        do {
            let result = try await runner.run(Self.program, arguments, environment: environment)
            try Task.checkCancellation()
            return result
        } catch let error as CommandError {
            throw PodmanError(arguments, error)
        }
    }
}
