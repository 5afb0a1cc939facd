package import HTTPTransport
package import KubernetesClient
package import PipelineCore

/// Runs launches as pods of a Kubernetes cluster, one pod for one launch.
package final class PodExecutor: PodLauncher {
    let cluster: PodCluster
    let workers: WorkerSupport?
    private let builder: PodBuilder
    private let gate: CapacityGate?

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
        gate = settings.admitsByCapacity ? CapacityGate(client: client, table: settings.accelerators) : nil
    }

    /// Asks the cluster for what the executor will need, so that a wrong address or a missing right is found out before
    /// anything is started.
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
        async let admission: Void? = gate?.run()
        await cluster.board.run()
        _ = await admission
    }

    package func run(
        _ launch: TaskLaunch, attributes: JSONObject, reporter: any PodReporter
    ) async throws -> PodResult {
        try await run(launch, reporter: reporter) {
            true
        } build: { attempt in
            try built { try builder.build(launch, attributes: attributes, attempt: attempt) }
        } sealed: {
            $0
        }
    }

    /// - Parameters:
    ///   - mayFollow: whether another pod may follow one that ran out of memory.
    ///   - build: makes the pod of an attempt, counted from 1.
    ///   - sealed: what is sent of it, made each time that it is sent.
    func run(
        _ launch: TaskLaunch, reporter: any PodReporter, mayFollow: @Sendable () async -> Bool,
        build: @Sendable (Int) throws -> PodRequest,
        sealed: @escaping @Sendable (PodRequest) -> PodRequest
    ) async throws -> PodResult {
        var attempt = 1
        var memory: String?
        var runs: [PodRun] = []
        // Only now: a restart must find every pod of a launch that goes on.
        defer { if reporter.terminationReason != .shutdown { for run in runs { run.settle() } } }
        while true {
            var request = try build(attempt)
            if let memory { request = request.asking(memory: memory) }
            let run = PodRun(request, cluster: cluster, reporter: reporter, sealed: sealed) { [gate, request] in
                try await gate?.enter(request, priority: launch.instance.priorityWeight, reporter: reporter)
            }
            runs.append(run)
            let result = try await admitted(run, request)
            guard result.exitCode == 137, result.reason == Self.outOfMemory,
                let larger = try request.memoryAfterShortage(), await mayFollow()
            else { return result }
            reporter.say("Pod \(result.name) ran out of memory; the next one asks for \(larger)", isProblem: true)
            (attempt, memory) = (attempt + 1, larger)
        }
    }

    private func admitted(_ run: PodRun, _ request: PodRequest) async throws -> PodResult {
        defer { gate?.leave(request) }
        return try await run.run()
    }

    /// A run that has had pods is over: its owner goes, and all its pods with it that nobody wants to keep.
    /// - Throws: ``KubernetesError``; what is left goes when this is called again.
    package func runEnded(_ run: RunKey) async throws {
        let namespaces = cluster.board.namespaces.union([cluster.settings.namespace])
        try await cluster.owners.release(run, namespaces: namespaces)
        cluster.janitor.forget(run)
    }

    func built(_ build: () throws -> PodRequest) throws -> PodRequest {
        do {
            return try build()
        } catch let error as PodBuildError {
            throw PodFailure(.configuration, "the pod cannot be built: \(error)")
        }
    }
}
