import Glibc
package import PipelineCore
package import PythonHost
import Synchronization

/// Runs tries whose code is Python: Airflow's own task runner in a process forked from the warm host, with us in the
/// place of Airflow's supervisor.
///
/// A try is over for the scheduler when its runner says so, not when its process has ended: callbacks and listeners run
/// on, and the rest of their log is written, while its successors start. `finishAll` waits for that.
package final class PythonTaskRunner: TaskRunner {
    package struct Settings: Sendable {
        package var hostname: String
        package var unixname: String
        /// How long the process may run on after the end of its task (`[core] task_success_overtime`).
        package var overtime = Duration.seconds(20)
        /// How long descendants of an ended process may hold its output (`[workers] socket_cleanup_timeout`).
        package var outputTimeout = Duration.seconds(60)
        /// Between TERM and KILL for a process in overtime.
        package var grace = Duration.seconds(5)
        /// Bytes of one try's log.
        package var maximumLogBytes = 256 << 20

        package init(hostname: String, unixname: String) {
            self.hostname = hostname
            self.unixname = unixname
        }
    }

    let host: PythonHost
    let service: any TaskService
    let facts: any PythonTaskFacts
    let logs: any TaskLogStore
    let settings: Settings
    let wallClock: any WallClock
    let clock: any Clock<Duration>
    private let bundle: @Sendable (TaskLaunch) async throws -> PythonBundle
    private let remainders = Mutex<[LaunchID: Task<Void, Never>]>([:])

    /// - Parameter bundle: where the DAG file of a launch is; throws where it is gone.
    package init(
        host: PythonHost, service: any TaskService, facts: any PythonTaskFacts, logs: any TaskLogStore,
        settings: Settings, wallClock: any WallClock, clock: any Clock<Duration>,
        bundle: @escaping @Sendable (TaskLaunch) async throws -> PythonBundle
    ) {
        self.host = host
        self.service = service
        self.facts = facts
        self.logs = logs
        self.settings = settings
        self.wallClock = wallClock
        self.clock = clock
        self.bundle = bundle
    }

    package func run(_ launch: TaskLaunch, control: LaunchControl) async -> RunnerEnd {
        do {
            let attempt = try await start(launch, control)
            let end = Outcome()
            // Outlives the report of the outcome on purpose: the process has more to say.
            remainders.withLock { remainders in
                remainders[launch.id] = Task { [self] in
                    await attempt.serve(end)
                    self.remainders.withLock { _ = $0.removeValue(forKey: launch.id) }
                }
            }
            return await end.value
        } catch {
            return .notStarted(reason: "\(error)")
        }
    }

    /// Waits for all processes whose tasks are over, and for the end of their logs.
    package func finishAll() async {
        for remainder in remainders.withLock({ Array($0.values) }) { await remainder.value }
    }

    private func start(_ launch: TaskLaunch, _ control: LaunchControl) async throws -> PythonAttempt {
        let place = try await bundle(launch)
        let log = SupervisorLog(
            descriptor: try logs.openForAppending(launch.logPath), wallClock: wallClock,
            maximumBytes: settings.maximumLogBytes)
        let connection = try RunnerConnection(log: log)
        let child: PythonChild
        do {
            child = try await host.startTask(request(place, connection))
            connection.closeTheirs()
        } catch {
            connection.closeTheirs()
            log.write("error", "The task could not be started: \(error)")
            throw error
        }
        control.processStarted(child.pid)
        let startedAt = wallClock.now()
        await service.started(
            launch.id,
            StartedProcess(
                hostname: settings.hostname, unixname: settings.unixname, pid: Int(child.pid),
                pidStartTime: Int(child.startTime), at: startedAt))
        let requests = RunnerRequests(asking: launch, service: service, facts: facts, log: log, wallClock: wallClock)
        let attempt = PythonAttempt(
            launch: launch, child: child, connection: connection, requests: requests, control: control,
            settings: settings, clock: clock)
        do {
            try await attempt.begin(bundle: place, startedAt: startedAt)
        } catch {
            child.signal(SIGKILL)
            throw error
        }
        return attempt
    }

    private func request(_ place: PythonBundle, _ connection: RunnerConnection) -> PythonTaskRequest {
        var request = PythonTaskRequest(
            descriptors: connection.descriptors, bundleName: place.name, bundlePath: place.path)
        if let hash = place.contentHash { request.warmFile = ("\(place.path)/\(place.file)", hash) }
        return request
    }
}
