import PipelineCore
import Synchronization

/// Brings what is told of a worker's pod to the try's log and to the scheduler.
final class WorkerReporter: PodReporter {
    /// What tells lines of the pod from our own, for whoever goes on with the pod.
    private static let mark = "container"
    private static let logger = "airflow.executors.kubernetes"

    private let launch: TaskLaunch
    private let log: TaskLog
    private let service: any TaskService
    private let control: LaunchControl
    private let setup: LocalExecutorSetup
    private let isStarted = Mutex(false)

    init(
        _ launch: TaskLaunch, log: TaskLog, service: any TaskService, control: LaunchControl, setup: LocalExecutorSetup
    ) {
        self.launch = launch
        self.log = log
        self.service = service
        self.control = control
        self.setup = setup
    }

    var terminationReason: TerminationReason? { control.terminationReason }

    func started(host: String, image: String?) async {
        let isFirst = isStarted.withLock { isStarted in
            defer { isStarted = true }
            return !isStarted
        }
        guard isFirst else { return }
        await service.started(
            launch.id,
            StartedProcess(
                hostname: host, imageID: image, unixname: setup.unixname, pid: nil, pidStartTime: nil,
                at: setup.wallClock.now()))
    }

    func waits(for reason: String?) async {
        if let reason { say("Waiting: \(reason)", isProblem: false) }
        await service.waits(launch.id, reason: reason)
    }

    /// A line's time is when its node got it, not when the worker wrote it: the two are microseconds apart, and only by
    /// the node's can the log be gone on with.
    func line(_ text: String, container: String, at: Timestamp?) {
        let line = WorkerLogLine(text)
        let fields = line.fields.merging([Self.mark: .string(container)])
        log.write(line.event, level: line.level, logger: line.logger, extra: fields, at: at)
    }

    func say(_ text: String, isProblem: Bool) {
        log.write(text, level: isProblem ? .warning : .info, logger: Self.logger)
    }

    func written() -> WrittenLines? {
        WrittenLog(store: setup.logs, path: launch.logPath).lines { $0[Self.mark]?.stringValue != nil }
    }
}
