import ChildProcesses
import PipelineCore
import Synchronization

/// What an operation may use while it runs.
struct NativeContext: Sendable {
    let launch: TaskLaunch
    let log: TaskLog
    let service: any TaskService
    let control: LaunchControl
    let setup: LocalExecutorSetup
    private let start = StartOnce()
    private let postExecute = StartOnce()

    /// How long a killed tree may hold its output: longer than the kernel needs to end it.
    private static let outputAfterKill = Duration.seconds(2)

    init(
        launch: TaskLaunch, log: TaskLog, service: any TaskService, control: LaunchControl, setup: LocalExecutorSetup
    ) {
        self.launch = launch
        self.log = log
        self.service = service
        self.control = control
        self.setup = setup
    }

    var outlivesPipeline: Bool { setup.outlivesPipeline(launch) }
    var key: TaskInstanceKey { launch.instance.key }

    /// The logger of an operator's own lines.
    var operatorLogger: String { "airflow.task.operators.\(launch.task.native?.operatorClass ?? "")" }

    /// A line of the operator itself.
    func say(_ event: String) { log.write(event, logger: operatorLogger) }

    /// Tells the scheduler of the process behind the launch, before anything else is reported. Only the first call
    /// counts.
    func started(_ process: ChildProcess?) async {
        guard start.isFirst(pid: process?.pid) else { return }
        await service.started(
            launch.id,
            StartedProcess(
                hostname: setup.hostname, unixname: setup.unixname, pid: process.map { Int($0.pid) },
                pidStartTime: process?.startTime, at: setup.wallClock.now()))
    }

    /// The same for a launch that runs on another machine.
    func started(onHost host: String, image: String?) async {
        guard start.isFirst(pid: nil) else { return }
        await service.started(
            launch.id,
            StartedProcess(
                hostname: host, imageID: image, unixname: setup.unixname, pid: nil, pidStartTime: nil,
                at: setup.wallClock.now()))
    }

    /// The line with which the Task SDK begins to say what became of the task; only the first call counts.
    func beginPostExecute() {
        if postExecute.isFirst(pid: nil) { log.write("::group::Post Execute") }
    }

    /// The process of the launch, or that of `pipeline` where it has none.
    var pid: Int { start.pid ?? setup.processID }

    /// The launch is being ended: its time is over, or somebody outside wants it.
    var isEnding: Bool { control.isEnding }

    /// Runs a program to its end. `output` gets what it prints, in order, on a thread of the executor; `didStart` is
    /// called before that.
    /// - Throws: ``ProcessError`` when it cannot be started.
    func run(
        _ request: ProcessRequest, didStart: () -> Void = {},
        output: @escaping @Sendable (ArraySlice<UInt8>) -> Void
    ) async throws -> ProcessEnd {
        var request = request
        request.environment[LaunchMarker.name] = LaunchMarker.value(launch.id)
        request.environment[LaunchMarker.taskName] = LaunchMarker.value(launch.instance.key)
        let process = try ChildProcess(request)
        didStart()
        control.processStarted(process.pid)
        control.whenKilled { [clock = setup.clock] in
            // Outlives the caller on purpose: it is what lets the caller go on.
            Task {
                try? await clock.sleep(for: Self.outputAfterKill)
                process.cutOutput()
            }
        }
        process.begin(output: output) { [control] in control.processReleased() }
        await started(process)
        return await process.wait()
    }

    func pushXCom(_ key: String, _ value: JSONValue, mappedLength: Int? = nil) async throws {
        try await service.setXCom(
            XCom(
                task: self.key, key: key, value: value, mappedLength: mappedLength, timestamp: setup.wallClock.now()))
    }
}

/// Whether something that is said once was said, and with which process.
private final class StartOnce: Sendable {
    private let state = Mutex<(isTold: Bool, pid: Int?)>((false, nil))

    func isFirst(pid: Int32?) -> Bool {
        state.withLock { state in
            guard !state.isTold else { return false }
            state = (true, pid.map(Int.init))
            return true
        }
    }

    var pid: Int? { state.withLock { $0.pid } }
}
