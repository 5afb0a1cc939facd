import K8sPodExecutor
import KubernetesClient
import PipelineCore
import Synchronization

/// Pods for the tasks of this process: the executor, what keeps it current, and the clean-up of runs that have ended.
final class PodRuntime: SchedulerObserver {
    let executor: PodExecutor
    private let following: Task<Void, Never>
    private let sweeping: Task<Void, Never>
    private let ended = Mutex<Set<RunKey>>([])

    /// `nil` where pods run as processes of this machine.
    /// - Throws: ``UsageError`` for a configuration that leads to no cluster, ``CommandFailure`` for a cluster that refuses.
    /// - Parameter store: says which launches nobody asks for any more.
    static func start(_ configuration: Configuration, store: any RunStore) async throws -> PodRuntime? {
        guard configuration[.executor] == "kubernetes" else { return nil }
        let cluster = try ClusterConnection(configuration)
        let executor = PodExecutor(client: cluster.api, settings: cluster.settings, clock: ContinuousClock())
        do {
            try await executor.check()
        } catch {
            throw CommandFailure("the cluster at \(cluster.api.server) cannot be used: \(error)")
        }
        return PodRuntime(executor, store)
    }

    private init(_ executor: PodExecutor, _ store: any RunStore) {
        self.executor = executor
        following = Task { await executor.run() }
        sweeping = Task { await Self.sweep(executor, store) }
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
        for change in changes {
            if let launch = change.endedLaunch { executor.endIsDurable(launch) }
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
    func stop() {
        sweeping.cancel()
        following.cancel()
    }
}
