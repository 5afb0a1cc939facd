package import HTTPTransport
package import KubernetesClient
package import PipelineCore

/// Runs launches as pods of a Kubernetes cluster, one pod for one launch.
package final class PodExecutor: PodLauncher {
    let cluster: PodCluster
    let workers: WorkerSupport?
    private let builder: PodBuilder

    /// - Parameters:
    ///   - connector: opens connections to the cluster's API for commands in containers.
    ///   - workers: `nil` where no task runs in Airflow's worker image.
    ///   - warn: told of what goes wrong beside tasks, for people.
    package init(
        client: KubernetesAPI, connector: any ByteStreamConnector, settings: KubernetesSettings,
        workers: WorkerSupport? = nil, clock: any Clock<Duration>, warn: @escaping @Sendable (String) -> Void
    ) {
        cluster = PodCluster(client: client, connector: connector, settings: settings, clock: clock, warn: warn)
        self.workers = workers
        builder = PodBuilder(settings)
    }

    /// Asks the cluster for what the executor will need, so that a wrong address or a missing right to list is found out
    /// before anything is started.
    /// - Throws: ``KubernetesError``
    package func check() async throws {
        let retry = RetryPolicy(attempts: 2)
        _ = try await cluster.client.raw("/version", retry: retry)
        for resource in [APIResource.pods, .configMaps] {
            _ = try await cluster.client.list(
                resource, namespace: cluster.settings.namespace, selector: Selector(fields: "metadata.name=none"), retry: retry)
        }
    }

    /// The kubelet's reason for a container that the kernel has killed.
    package static let outOfMemory = "OOMKilled"

    /// Follows the cluster until the task is cancelled; pods are run only meanwhile.
    package func run() async {
        async let admission: Void? = cluster.gate?.run()
        await cluster.board.run()
        _ = await admission
    }

    package func run(
        _ launch: TaskLaunch, attributes: JSONObject, reporter: any PodReporter
    ) async throws -> PodResult {
        try await pods(of: launch, attributes, reporter).result()
    }

    // Not inlined: what it puts on the stack would wait with each pod.
    @inline(never)
    private func pods(of launch: TaskLaunch, _ attributes: JSONObject, _ reporter: any PodReporter) -> PodLaunch {
        PodLaunch(
            PodLaunch.Plan(
                launch: launch.id, run: launch.run.key, priority: launch.instance.priorityWeight, mayFollow: { true },
                build: { [self] attempt in { try self.build(launch, attributes, attempt) } },
                sealed: { $0 }), cluster: cluster, reporter: reporter)
    }

    /// - Throws: ``PodFailure`` `configuration` for a pod of another namespace: nobody would see its end there.
    private func build(_ launch: TaskLaunch, _ attributes: JSONObject, _ attempt: Int) throws -> PodRequest {
        let request = try builder.build(launch, attributes: attributes, attempt: attempt)
        guard let followed = cluster.settings.watchedNamespace, request.namespace != followed else { return request }
        throw PodFailure(
            .configuration, "the pod is for the namespace '\(request.namespace)', but pods are followed in '\(followed)' only: "
                + "leave namespace out of the task, or run it by a pipeline with --namespace \(request.namespace)")
    }

    package func endIsDurable(_ launch: LaunchID) { cluster.janitor.endIsDurable(launch) }

    /// Deletes what an earlier process has left of launches that nobody asks for any more. To be called once, at the
    /// start, beside ``run()``.
    /// - Parameter isOver: whether the store says that the launch of the task has ended; `false` where it does not know it.
    /// - Returns: how many pods were deleted.
    @discardableResult
    package func sweep(
        isOver: @Sendable (LaunchID, TaskInstanceKey) async throws -> Bool
    ) async throws -> Int {
        try await PodSweep(board: cluster.board, janitor: cluster.janitor).run(isOver: isOver)
    }

    /// A run that has had pods is over: its owner goes, and all its pods with it that nobody wants to keep.
    /// - Throws: ``KubernetesError``, ``PodsLeft``; what is left goes when this is called again.
    package func runEnded(_ run: RunKey) async throws {
        let namespaces = cluster.board.namespaces.union([cluster.settings.namespace])
        do {
            try await cluster.owners.release(run, namespaces: namespaces)
        } catch {
            try await cluster.janitor.finish(run, hasOwnerGone: false)
            throw error
        }
        try await cluster.janitor.finish(run, hasOwnerGone: true)
    }
}
