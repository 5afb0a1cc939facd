import K8sPodExecutor
import KubernetesClient
import PipelineCore
import Synchronization

/// Pods for the tasks of this process: the executor, what keeps it current, and the clean-up of runs that have ended.
final class PodRuntime: SchedulerObserver {
    let executor: PodExecutor
    private let following: Task<Void, Never>
    private let sweeping: Task<Void, Never>
    private let cleaning: Task<Void, Never>
    /// Where runs that have ended go, in a service.
    private let endings: AsyncStream<RunKey>.Continuation?
    private let ended = Mutex<Set<RunKey>>([])

    /// `nil` where pods run as processes of this machine.
    /// - Throws: ``UsageError`` for a configuration that leads to no cluster, ``CommandFailure`` for a cluster that refuses.
    /// - Parameters:
    ///   - store: says which launches nobody asks for any more.
    ///   - isService: runs go on coming; what is left of each goes when it ends.
    static func start(
        _ configuration: Configuration, store: any RunStore, isService: Bool = false
    ) async throws -> PodRuntime? {
        guard configuration[.executor] == "kubernetes" else { return nil }
        let cluster = try ClusterConnection(configuration)
        let workers = WorkerSupport(
            reports: WorkerReportBook(), signer: try TokenSecret.signer(configuration), wallClock: SystemWallClock())
        let executor = PodExecutor(
            client: cluster.api, connector: cluster.connector, settings: cluster.settings, workers: workers,
            clock: ContinuousClock())
        do {
            try await executor.check()
        } catch {
            throw CommandFailure("the cluster at \(cluster.api.server) cannot be used: \(error)")
        }
        return PodRuntime(executor, store, isService: isService)
    }

    private init(_ executor: PodExecutor, _ store: any RunStore, isService: Bool) {
        self.executor = executor
        following = Task { await executor.run() }
        sweeping = Task { await Self.sweep(executor, store) }
        let (runs, continuation) = AsyncStream.makeStream(of: RunKey.self)
        endings = isService ? continuation : nil
        cleaning = Task { for await run in runs { await Self.clean(run, executor) } }
    }

    /// What an earlier process has left of launches that have ended.
    private static func sweep(_ executor: PodExecutor, _ store: any RunStore) async {
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

    private static func clean(_ run: RunKey, _ executor: PodExecutor) async {
        do { try await executor.runEnded(run) } catch {
            Terminal.note("[WARN] The pods of run \(run) could not be cleaned up: \(error)")
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
