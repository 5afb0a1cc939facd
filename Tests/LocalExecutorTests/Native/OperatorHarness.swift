import ChildProcesses
import Glibc
import PipelineCore
import PipelineTestSupport
import Synchronization

@testable import LocalExecutor

/// Runs one task with a native operator as the executor does, and shows what came of it.
final class OperatorHarness: Sendable {
    let clock: TestClock
    let service = FakeTaskService()
    let folder: String
    private let environment: [String: String]
    private let pipelinePath: String
    private let maximumLogBytes: Int

    init(
        clock: TestClock = TestClock(isAutomatic: true), environment: [String: String] = ["PATH": "/usr/bin:/bin"],
        pipelinePath: String = "/usr/bin/env",
        maximumLogBytes: Int = TaskLog.defaultMaximumBytes
    ) {
        self.maximumLogBytes = maximumLogBytes
        self.clock = clock
        self.environment = environment
        self.pipelinePath = pipelinePath
        folder = "/tmp/pipeline-operators-\(getpid())-\(TemporaryFolder.randomLetters())"
        precondition(mkdir(folder, 0o755) == 0)
    }

    deinit { TemporaryFolder.removeTree(folder) }

    struct Line: Sendable, CustomStringConvertible {
        var level: String
        var event: String
        var logger: String
        var fields: JSONObject
        var description: String { "\(level) \(event)" }
    }

    struct Answer: Sendable {
        var end: RunnerEnd?
        var lines: [Line]
        var xcoms: [String: JSONValue]

        var events: [String] { lines.map(\.event).filter { !$0.hasPrefix("::") } }
        var exception: String? {
            lines.last { $0.event == "Task failed with exception" }?.fields["error_detail"]?[0].map {
                "\($0["exc_type"]?.stringValue ?? ""): \($0["exc_value"]?.stringValue ?? "")"
            }
        }
        var outcome: TaskOutcome? {
            if case .outcome(let outcome)? = end { outcome } else { nil }
        }
    }

    var setup: LocalExecutorSetup {
        var setup = LocalExecutorSetup(
            dagsFolder: folder, bundleName: "dags", logs: FileTaskLogStore(folder: folder), environment: environment,
            killGrace: .seconds(5), wallClock: clock.wallClock, clock: clock, zone: { _ in .utc })
        setup.pipelinePath = pipelinePath
        setup.maximumLogBytes = maximumLogBytes
        return setup
    }

    func run(
        _ launch: TaskLaunch, control: LaunchControl? = nil
    ) async -> Answer {
        let control = control ?? LaunchControl(grace: .seconds(5), clock: clock)
        let end = await NativeTaskRunner(setup: setup, service: service).run(launch, control: control)
        return Answer(end: end, lines: lines(launch), xcoms: service.state.withLock { $0.xcoms })
    }

    /// The log so far.
    func lines(_ launch: TaskLaunch) -> [Line] {
        let path = folder + "/" + launch.logPath
        guard let bytes = try? SmallFile.read(path, maximumBytes: 1 << 30) else { return [] }
        return bytes.split(separator: 0x0A).compactMap { line in
            guard let fields = try? JSONValue.parse(utf8: Array(line)).objectValue else { return nil }
            return Line(
                level: fields["level"]?.stringValue ?? "", event: fields["event"]?.stringValue ?? "",
                logger: fields["logger"]?.stringValue ?? "", fields: fields)
        }
    }

    /// Makes a FIFO by which a program can say that it has come to a point.
    func makeSignal() -> String {
        let path = "\(folder)/signal-\(TemporaryFolder.randomLetters())"
        precondition(mkfifo(path, 0o600) == 0)
        return path
    }

    /// Waits for the line that a program writes into the FIFO.
    static func line(from signal: String) async -> String {
        let descriptor = open(signal, O_RDWR | O_CLOEXEC)
        return await withCheckedContinuation { continuation in
            let text = Mutex("")
            ProcessReactor.shared.watch(descriptor) {
                var bytes = [UInt8](repeating: 0, count: 4_096)
                let count = read(descriptor, &bytes, bytes.count)
                let isWhole = text.withLock { text in
                    text += String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
                    return text.hasSuffix("\n")
                }
                if isWhole { continuation.resume(returning: text.withLock { String($0.dropLast()) }) }
                return !isWhole
            }
        }
    }

    /// Whether a process is there and has not ended.
    static func isRunning(_ pid: pid_t) -> Bool {
        guard let bytes = try? SmallFile.read("/proc/\(pid)/stat", maximumBytes: 4_096),
            let bracket = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return false }
        return bytes.dropFirst(bracket + 2).first != UInt8(ascii: "Z")
    }

    /// A launch of a task `task` with one native operator; `configure` may change it.
    static func launch(
        _ operatorClass: String, _ attributes: JSONObject, fields: [String] = [],
        configure: (inout TaskLaunch) -> Void = { _ in }, dag build: (inout DAGBuilder) -> Void = { _ in }
    ) throws -> TaskLaunch {
        let native = NativeOperator(operatorClass: operatorClass, attributes: attributes)
        var builder = DAGBuilder("dag")
        builder.task("task") {
            $0.operatorName = String(operatorClass.split(separator: ".").last ?? "")
            $0.native = native
            $0.templateFields = fields
        }
        build(&builder)
        let dag = try builder.build()
        let start = Timestamp(seconds: 1_767_225_600)
        var run = DAGRun(
            key: RunKey(dagID: "dag", runID: "manual__1"), type: .manual, runAfter: start, triggeredBy: .cli)
        run.state = .running
        run.logicalDate = start
        run.dataIntervalStart = start
        run.dataIntervalEnd = start
        var generator = SystemRandomNumberGenerator()
        var instance = TaskInstance(
            id: UUID7(at: start, using: &generator), key: TaskInstanceKey(run: run.key, taskID: "task"))
        instance.tryNumber = 1
        instance.state = .queued
        guard let task = dag["task"] else { preconditionFailure("the task was just added") }
        var launch = TaskLaunch(
            id: LaunchID(tryID: instance.id, number: 1), instance: instance, run: run, dag: dag, task: task,
            shouldRetry: false, isResume: false)
        configure(&launch)
        return launch
    }
}
