import ChildProcesses
import Glibc
package import PipelineCore

/// What a local executor has to know of its surroundings.
package struct LocalExecutorSetup: Sendable {
    package var dagsFolder: String
    package var bundleName: String
    package var logs: FileTaskLogStore
    /// The environment that tasks inherit.
    package var environment: [String: String]
    package var killGrace: Duration
    package var wallClock: any WallClock
    package var clock: any Clock<Duration>
    package var zone: @Sendable (String) throws -> ZoneRules
    /// What is stated for a DAG's cron schedule.
    package var dst: @Sendable (String) -> DSTPolicy = { _ in .airflow }
    package var hostname: String
    /// The host of a scheduler that led before and may go on there; `nil`: none. Launches of which nobody knows where they run may
    /// be there.
    package var predecessorHost: String?
    /// The scheduler before was stopped by a person: it has ended what ran here itself.
    package var predecessorWasStopped = false
    /// Whether effects may begin: a leader whose lease may be over begins nothing more.
    package var isInForce: @Sendable () -> Bool = { true }
    package var unixname: String
    /// The `pipeline` binary that pods in local mode run: the running one.
    package var pipelinePath: String
    /// Where pods run; `nil`: the command of a pod runs as a process of this machine.
    package var pods: (any PodLauncher)?
    /// Tasks that need a process run in pods of Airflow's worker image, not on this machine. Needs ``pods``.
    package var runsProcessesInPods = false
    /// Bytes of one try's log.
    package var maximumLogBytes = TaskLog.defaultMaximumBytes
    /// The process id of `pipeline`.
    package var processID: Int

    package init(
        dagsFolder: String, bundleName: String, logs: FileTaskLogStore, environment: [String: String],
        killGrace: Duration, wallClock: any WallClock, clock: any Clock<Duration>,
        zone: @escaping @Sendable (String) throws -> ZoneRules
    ) {
        self.dagsFolder = dagsFolder
        self.bundleName = bundleName
        self.logs = logs
        self.environment = environment
        self.killGrace = killGrace
        self.wallClock = wallClock
        self.clock = clock
        self.zone = zone
        hostname = Self.currentHostname()
        unixname = environment["USER"] ?? "uid\(getuid())"
        pipelinePath = ExecutablePath.running() ?? "pipeline"
        processID = Int(getpid())
    }

    /// Whether what a launch becomes goes on without this process: a pod does. Where any task may turn out to need a pod,
    /// each is gone on with: one that needs none begins anew.
    func outlivesPipeline(_ launch: TaskLaunch) -> Bool {
        pods != nil
            && (runsProcessesInPods || launch.task.native?.operatorClass == KubernetesPodOperation.operatorClass)
    }

    private static func currentHostname() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
