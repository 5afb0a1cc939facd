import Glibc
import Synchronization

/// Runs programs as child processes, without standard input. No thread waits for one: thousands may run at once.
package struct ProcessCommandRunner: StreamingCommandRunner {
    /// Bytes of each output.
    static let outputLimit = 1 << 20
    /// What a program that was asked to end has for it.
    private static let endingTime: Duration = .seconds(5)

    /// How long a program may take; `nil`: as long as it wants to.
    private let timeout: Duration?
    private let baseEnvironment: [String: String]

    /// - Parameters:
    ///   - environment: of this process.
    ///   - timeout: of ``run(_:_:environment:)``; plugins that ask a cloud need seconds.
    package init(environment: [String: String], timeout: Duration? = .seconds(60)) {
        baseEnvironment = environment
        self.timeout = timeout
    }

    package func run(
        _ command: String, _ arguments: [String], environment: [String: String]
    ) async throws(CommandError) -> CommandResult {
        let process = try start(command, arguments, environment)
        let (output, errors) = (Collected(limit: Self.outputLimit), Collected(limit: Self.outputLimit))
        process.begin { bytes in
            if !output.append(bytes) { process.signal(SIGKILL) }
        } errors: { bytes in
            if !errors.append(bytes) { process.signal(SIGKILL) }
        } willReap: {
        }
        let overdue = Overdue()
        let timer = timeout.map { limit in
            Task {
                guard (try? await Task.sleep(for: limit)) != nil else { return }
                overdue.note()
                Self.kill(process)
            }
        }
        let exitCode = await end(of: process)
        timer?.cancel()
        if overdue.isNoted, let timeout {
            throw CommandError(.overdue, program: command, message: "did not end within \(timeout)")
        }
        guard !output.isOverfull, !errors.isOverfull else {
            throw CommandError(
                .tooMuchOutput, program: command, message: "printed more than \(Self.outputLimit) bytes")
        }
        return CommandResult(
            exitCode: exitCode, output: output.bytes, errorOutput: String(decoding: errors.bytes, as: UTF8.self))
    }

    package func stream(
        _ command: String, _ arguments: [String], environment: [String: String],
        output: @escaping @Sendable (ArraySlice<UInt8>) -> Void
    ) async throws(CommandError) -> CommandResult {
        let process = try start(command, arguments, environment)
        let errors = Collected(limit: Self.outputLimit)
        process.begin(output: output, errors: { _ = errors.append($0) }, willReap: {})
        let exitCode = await end(of: process)
        return CommandResult(exitCode: exitCode, output: [], errorOutput: String(decoding: errors.bytes, as: UTF8.self))
    }

    private func start(
        _ command: String, _ arguments: [String], _ environment: [String: String]
    ) throws(CommandError) -> ChildProcess {
        let merged = baseEnvironment.merging(environment) { $1 }
        do throws(ProcessError) {
            return try ChildProcess(
                ProcessRequest(
                    command: [command] + arguments, environment: merged, workingDirectory: nil,
                    separatesErrors: true))
        } catch {
            throw CommandError(error.isMissing ? .notFound : .notStarted, program: command, message: error.description)
        }
    }

    private func end(of process: ChildProcess) async -> Int {
        let end = await withTaskCancellationHandler {
            await process.wait()
        } onCancel: {
            process.signal(SIGTERM)
            // Of this handler nobody waits for the end.
            Task {
                try? await Task.sleep(for: Self.endingTime)
                Self.kill(process)
            }
        }
        switch end {
        case .exited(let code): return Int(code)
        case .signaled(let number): return 128 + Int(number)
        }
    }

    /// A descendant may hold the output open.
    private static func kill(_ process: ChildProcess) {
        process.signal(SIGKILL)
        process.cutOutput()
    }
}

/// What came of one output, up to a limit.
private final class Collected: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isOverfull = false
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// - Returns: whether there was room for it.
    func append(_ bytes: ArraySlice<UInt8>) -> Bool {
        state.withLock { state in
            guard state.bytes.count + bytes.count <= limit else {
                state.isOverfull = true
                return false
            }
            state.bytes += bytes
            return true
        }
    }

    var bytes: [UInt8] { state.withLock { $0.bytes } }
    var isOverfull: Bool { state.withLock { $0.isOverfull } }
}

/// Whether the time of a program was over before it was.
private final class Overdue: Sendable {
    private let state = Atomic(false)
    func note() { state.store(true, ordering: .releasing) }
    var isNoted: Bool { state.load(ordering: .acquiring) }
}
