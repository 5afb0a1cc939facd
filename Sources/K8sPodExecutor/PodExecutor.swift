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
    package init(
        client: KubernetesAPI, connector: any ByteStreamConnector, settings: KubernetesSettings,
        workers: WorkerSupport? = nil, clock: any Clock<Duration>
    ) {
        cluster = PodCluster(client: client, connector: connector, settings: settings, clock: clock)
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
        try await run(launch, reporter: reporter) {
            true
        } build: { [builder] attempt in
            { try builder.build(launch, attributes: attributes, attempt: attempt) }
        } sealed: {
            $0
        }
    }

    /// - Parameters:
    ///   - mayFollow: whether another pod may follow one that ran out of memory.
    ///   - build: how the pod of an attempt is made, counted from 1. What this gives is let go when the pod is there.
    ///   - sealed: what is sent of it, made each time that it is sent.
    func run(
        _ launch: TaskLaunch, reporter: any PodReporter, mayFollow: @Sendable () async -> Bool,
        build: (Int) -> @Sendable () throws -> PodRequest, sealed: @escaping @Sendable (PodRequest) -> PodRequest
    ) async throws -> PodResult {
        var attempt = 1
        var memory: String?
        var runs: [PodRun] = []
        cluster.janitor.begin(launch.id)
        // Only now: a restart must find every pod of a launch that goes on.
        defer {
            let isLeft = reporter.terminationReason == .shutdown
            cluster.janitor.settle(launch.id, isLeft ? [] : runs.compactMap(\.leftover))
        }
        while true {
            let run = try pod(
                PodBuild(build(attempt), memory: memory, priority: launch.instance.priorityWeight, sealed: sealed), reporter)
            runs.append(run)
            let result = try await run.run()
            guard result.exitCode == 137, result.reason == Self.outOfMemory,
                let larger = try larger(than: memory, build(attempt)), await mayFollow()
            else { return result }
            reporter.say("Pod \(result.name) ran out of memory; the next one asks for \(larger)", isProblem: true)
            (attempt, memory) = (attempt + 1, larger)
        }
    }

    // Not inlined: what they put on the stack would wait with each pod.
    @inline(never)
    private func pod(_ build: PodBuild, _ reporter: any PodReporter) throws -> PodRun {
        PodRun(PodReference(try build.request()), build, cluster: cluster, reporter: reporter)
    }

    @inline(never)
    private func larger(than memory: String?, _ make: @escaping @Sendable () throws -> PodRequest) throws -> String? {
        try PodBuild(make, memory: memory).request().memoryAfterShortage()
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
    /// - Throws: ``KubernetesError``; what is left goes when this is called again.
    package func runEnded(_ run: RunKey) async throws {
        let namespaces = cluster.board.namespaces.union([cluster.settings.namespace])
        try await cluster.owners.release(run, namespaces: namespaces)
        await cluster.janitor.finish(run)
    }
}
