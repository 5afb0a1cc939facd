import K8sPodExecutor
import KubernetesClient
import PipelineCore
import Synchronization

/// Pods for the tasks of this process: the executor, what keeps it current, and the clean-up of runs that have ended.
final class PodRuntime: SchedulerObserver {
    let executor: PodExecutor
    private let following: Task<Void, Never>
    private let ended = Mutex<Set<RunKey>>([])

    /// `nil` where pods run as processes of this machine.
    /// - Throws: ``UsageError`` for a configuration that leads to no cluster, ``CommandFailure`` for a cluster that refuses.
    static func start(_ configuration: Configuration) async throws -> PodRuntime? {
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
        return PodRuntime(executor)
    }

    private init(_ executor: PodExecutor) {
        self.executor = executor
        following = Task { await executor.run() }
    }

    func committed(_ changes: [StoreChange], at instant: Timestamp) {
        for change in changes {
            if case .saveRun(let run) = change, run.state.isFinished { ended.withLock { _ = $0.insert(run.key) } }
        }
    }

    /// All runs have ended: what is left of their pods goes.
    func finish(also run: RunKey? = nil) async {
        for run in ended.withLock({ $0 }).union(run.map { [$0] } ?? []) {
            do { try await executor.runEnded(run) } catch {
                Terminal.note("[WARN] The pods of run \(run) could not be cleaned up: \(error)")
            }
        }
        stop()
    }

    /// Pods are left alone.
    func stop() { following.cancel() }
}
