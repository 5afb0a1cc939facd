import HTTPTransport
import K8sPodExecutor
import KubernetesClient
import PipelineCore
import PipelineTestSupport
import Synchronization
import TaskTokens
import Testing

/// An executor over a double, in simulated time.
final class PodHarness: Sendable {
    static let namespace = "pipelines"
    static let tokenSecret = "a secret for tokens of tests"

    let clock: TestClock
    let double: KubernetesDouble
    let executor: PodExecutor
    /// What workers of the pods say.
    let reports: WorkerReportBook
    /// What the executor has told of beside tasks.
    let warnings = Warnings()
    private let running: Task<Void, Never>

    init(
        nodes: [KubernetesDouble.Node] = [KubernetesDouble.Node("node-1", gpus: 2)],
        change: (inout KubernetesSettings) -> Void = { _ in }
    ) {
        let clock = TestClock()
        let double = KubernetesDouble(nodes: nodes, clock: clock)
        let reports = WorkerReportBook()
        let executor = Self.executor(double, clock, reports, warnings, change)
        (self.clock, self.double, self.executor, self.reports) = (clock, double, executor, reports)
        running = Task { await executor.run() }
    }

    deinit { running.cancel() }

    /// The process dies: nothing of it acts any more, and its pods are left alone.
    func die(_ launched: [Launched], _ reporters: [RecordingReporter]) {
        for reporter in reporters { reporter.die() }
        for launched in launched { launched.task.cancel() }
        running.cancel()
    }

    /// Starts a launch and lets time pass until its container runs.
    func startAndSeeRunning(
        _ reporter: RecordingReporter, _ launch: TaskLaunch = launch(), _ attributes: JSONObject = attributes()
    ) async -> Launched {
        let launched = start(launch, attributes, reporter)
        let isRunning = await double.advance(atMost: .seconds(120)) { !reporter.record.hosts.isEmpty }
        #expect(isRunning)
        return launched
    }

    /// Lets time pass whatever happens.
    func pass(_ duration: Duration) async { _ = await elapse(duration, until: { false }) }

    /// Lets time pass, in larger steps once a minute is over.
    private func elapse(_ limit: Duration, until condition: @Sendable () -> Bool) async -> Bool {
        if await double.advance(atMost: min(limit, .seconds(60)), until: { condition() }) { return true }
        guard limit > .seconds(60) else { return false }
        return await double.advance(atMost: limit - .seconds(60), step: .milliseconds(500), until: { condition() })
    }

    /// The names of all pods that were asked for, one for each request.
    var created: [String] { double.calls.filter { $0.verb == .create && $0.resource == .pods }.compactMap(\.name) }

    /// Why the launch came to nothing.
    func failure(
        of launch: TaskLaunch = launch(), _ attributes: JSONObject = attributes(),
        _ reporter: RecordingReporter = RecordingReporter()
    ) async -> PodFailure? {
        await failure(of: start(launch, attributes, reporter))
    }

    func failure(of launched: Launched, within limit: Duration = .seconds(900)) async -> PodFailure? {
        do {
            let result = try await end(of: launched, within: limit)
            Issue.record("it ended: \(result)")
        } catch let failure as PodFailure {
            return failure
        } catch {
            Issue.record("\(error)")
        }
        return nil
    }

    private static func executor(
        _ double: KubernetesDouble, _ clock: TestClock, _ reports: WorkerReportBook, _ warnings: Warnings,
        _ change: (inout KubernetesSettings) -> Void
    ) -> PodExecutor {
        let client = KubernetesAPI(
            server: "http://double", namespace: namespace, http: double.client, clock: clock, seed: 1)
        var settings = KubernetesSettings(namespace: namespace, installation: "test")
        settings.workers.image = "apache/airflow:3.3.2"
        settings.workers.executionAPI = "http://pipeline:8080/execution/"
        change(&settings)
        let workers = WorkerSupport(
            reports: reports, signer: try! TaskTokenSigner(secret: tokenSecret), wallClock: clock.wallClock)
        return PodExecutor(
            client: client, connector: double.connector, settings: settings, workers: workers, clock: clock,
            warn: { warnings.note($0) })
    }

    /// What a scheduler is after a restart: everything anew but the cluster.
    func restarted(
        change: (inout KubernetesSettings) -> Void = { _ in }
    ) -> (executor: PodExecutor, running: Task<Void, Never>) {
        let next = Self.executor(double, clock, reports, warnings, change)
        return (next, Task { await next.run() })
    }

    func start(
        _ launch: TaskLaunch, _ attributes: JSONObject, _ reporter: RecordingReporter, on executor: PodExecutor? = nil
    ) -> Launched {
        let executor = executor ?? self.executor
        return Launched(Task { try await executor.run(launch, attributes: attributes, reporter: reporter) })
    }

    /// Lets time pass until the launch has ended.
    func end(of launched: Launched, within limit: Duration = .seconds(900)) async throws -> PodResult {
        guard await elapse(limit, until: { launched.isOver }) else {
            launched.task.cancel()
            throw Overdue()
        }
        return try await launched.task.value
    }

    func run(
        _ launch: TaskLaunch = launch(), _ attributes: JSONObject = attributes(),
        _ reporter: RecordingReporter = RecordingReporter()
    ) async throws -> PodResult {
        try await end(of: start(launch, attributes, reporter))
    }

    static func launch(
        _ taskID: String = "train", dagID: String = "cifar", tryNumber: Int = 1, number: Int = 1, mapIndex: Int = -1
    ) -> TaskLaunch {
        TaskLaunch.sample(taskID, dagID: dagID, tryNumber: tryNumber, number: number, mapIndex: mapIndex)
    }

    static func attributes(_ extra: JSONObject = [:]) -> JSONObject {
        let attributes: JSONObject = [
            "image": "busybox:1", "cmds": ["sh"], "arguments": ["-c", "true"], "do_xcom_push": true,
            "startup_timeout_seconds": 120, "on_finish_action": "delete_pod",
            "pod": [
                "apiVersion": "v1", "kind": "Pod", "metadata": ["labels": ["team": "ml"]],
                "spec": ["containers": [["name": "base", "image": "busybox:1"]], "restartPolicy": "Never"],
            ],
        ]
        return attributes.merging(extra)
    }
}
