import ChildProcesses
import Glibc
import K8sPodExecutor
import KubernetesClient
import PipelineCore
import PodmanExecutor
import Synchronization

/// Runs pods, and has to be kept current and cleaned up after.
protocol PodService: PodLauncher {
    /// Follows what it needs to know until the task is cancelled.
    func run() async
    /// - Throws: what kept something of the run's pods from going.
    func runEnded(_ run: RunKey) async throws
    /// Removes what an earlier process has left of launches that nobody asks for any more.
    /// - Returns: how many pods went.
    @discardableResult
    func sweep(isOver: @Sendable (LaunchID, TaskInstanceKey) async throws -> Bool) async throws -> Int
}

extension PodExecutor: PodService {}

extension PodmanExecutor: PodService {
    /// podman is asked when there is something to ask.
    func run() async {}
}

/// Pods for the tasks of this process: the executor, what keeps it current, and the clean-up of runs that have ended.
final class PodRuntime: SchedulerObserver {
    let executor: any PodService
    /// What runs tasks of other operators in pods of Airflow's worker image; `nil`: nothing, with podman.
    var workers: (any WorkerLauncher)? { executor as? any WorkerLauncher }
    private let following: Task<Void, Never>
    private let sweeping: Task<Void, Never>
    private let cleaning: Task<Void, Never>
    /// Where runs that have ended go, in a service.
    private let endings: AsyncStream<RunKey>.Continuation?
    private let ended = Mutex<Set<RunKey>>([])

    /// `nil` where pods run as processes of this machine.
    /// - Parameters:
    ///   - store: says which launches nobody asks for any more.
    ///   - isService: runs go on coming; what is left of each goes when it ends.
    /// - Throws: ``UsageError`` for a configuration that leads to no cluster, ``CommandFailure`` for a cluster that refuses or
    ///   a podman that cannot do it.
    static func start(
        _ configuration: Configuration, store: any RunStore, isService: Bool = false
    ) async throws -> PodRuntime? {
        switch configuration[.executor] {
        case "kubernetes": PodRuntime(try await cluster(configuration), store, isService: isService)
        case "podman": PodRuntime(try await podman(configuration), store, isService: isService)
        default: nil
        }
    }

    private static func cluster(_ configuration: Configuration) async throws -> PodExecutor {
        let cluster = try ClusterConnection(configuration)
        let workers = WorkerSupport(
            reports: WorkerReportBook(), signer: try TokenSecret.signer(configuration), wallClock: SystemWallClock())
        let executor = PodExecutor(
            client: cluster.api, connector: cluster.connector, settings: cluster.settings, workers: workers,
            clock: ContinuousClock(), warn: { Terminal.note("[WARN] \($0)") })
        do {
            try await executor.check()
        } catch {
            throw CommandFailure("the cluster at \(cluster.api.server) cannot be used: \(error)")
        }
        return executor
    }

    private static func podman(_ configuration: Configuration) async throws -> PodmanExecutor {
        let settings = try ClusterConnection.settings(configuration, defaultNamespace: "default")
        let executor = PodmanExecutor(
            runner: ProcessCommandRunner(environment: ProcessEnvironment.all, timeout: nil), settings: settings,
            specifications: CDISpecifications(), deviceLock: FileDeviceLock(path: deviceLockPath), host: hostName,
            clock: ContinuousClock(), wallClock: SystemWallClock(), warn: { Terminal.note("[WARN] \($0)") })
        do {
            if let warning = try await executor.check() { Terminal.note("[WARN] \(warning)") }
        } catch let failure as PodFailure {
            throw CommandFailure(failure.message)
        }
        return executor
    }

    /// One for each user: podman keeps the containers of users apart.
    private static var deviceLockPath: String {
        if getuid() == 0 { return "/run/pipeline-devices.lock" }
        let folder = ProcessEnvironment.all["XDG_RUNTIME_DIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        return "\(folder)/pipeline-devices-\(getuid()).lock"
    }

    private static var hostName: String {
        (try? Files.readText("/proc/sys/kernel/hostname"))?.split(separator: "\n").first.map(String.init) ?? "localhost"
    }

    private init(_ executor: any PodService, _ store: any RunStore, isService: Bool) {
        self.executor = executor
        following = Task { await executor.run() }
        sweeping = Task { await Self.sweep(executor, store) }
        let (runs, continuation) = AsyncStream.makeStream(of: RunKey.self)
        endings = isService ? continuation : nil
        cleaning = Task {
            await withDiscardingTaskGroup { group in
                for await run in runs { group.addTask { await Self.cleanUntilDone(run, executor) } }
            }
        }
    }

    /// What an earlier process has left of launches that have ended.
    private static func sweep(_ executor: any PodService, _ store: any RunStore) async {
        do {
            try await executor.sweep { launch, task in try await store.hasEnded(launch, of: task) }
        } catch {
            guard !Task.isCancelled else { return }
            Terminal.note("[WARN] Pods of launches that have ended could not be cleaned up: \(error)")
        }
    }

    func committed(_ changes: [StoreChange], at instant: Timestamp) {
        for launch in changes.compactMap(\.endedLaunch) { executor.endIsDurable(launch) }
        for case .saveRun(let run) in changes where run.state.isFinished {
            if let endings { endings.yield(run.key) } else { ended.withLock { _ = $0.insert(run.key) } }
        }
    }

    private static func clean(_ run: RunKey, _ executor: any PodService) async {
        if let problem = await problem(of: run, executor) { Terminal.note("[WARN] \(problem)") }
    }

    private static func cleanUntilDone(_ run: RunKey, _ executor: any PodService) async {
        await Persistence(clock: ContinuousClock()) { Terminal.note("[WARN] \($0)") }
            .run(after: .zero) { await problem(of: run, executor) }
    }

    private static func problem(of run: RunKey, _ executor: any PodService) async -> String? {
        do {
            try await executor.runEnded(run)
            return nil
        } catch {
            return "The pods of run \(run) could not be cleaned up: \(error)"
        }
    }

    /// All runs have ended: what is left of their pods goes.
    func finish(also run: RunKey? = nil) async {
        for run in ended.withLock({ $0 }).union(run.map { [$0] } ?? []) { await Self.clean(run, executor) }
        stop()
    }

    /// Pods are left alone.
    func stop() {
        sweeping.cancel()
        following.cancel()
        cleaning.cancel()
    }
}
