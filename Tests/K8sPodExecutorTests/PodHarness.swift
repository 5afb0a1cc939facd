import HTTPTransport
import K8sPodExecutor
import KubernetesClient
import PipelineCore
import PipelineTestSupport
import Synchronization

/// An executor over a double, in simulated time.
final class PodHarness: Sendable {
    static let namespace = "pipelines"

    let clock: TestClock
    let double: KubernetesDouble
    let executor: PodExecutor
    private let running: Task<Void, Never>

    init(
        nodes: [KubernetesDouble.Node] = [KubernetesDouble.Node("node-1", gpus: 2)],
        change: (inout KubernetesSettings) -> Void = { _ in }
    ) {
        let clock = TestClock()
        let double = KubernetesDouble(nodes: nodes, clock: clock)
        let executor = Self.executor(double, clock, change)
        (self.clock, self.double, self.executor) = (clock, double, executor)
        running = Task { await executor.run() }
    }

    deinit { running.cancel() }

    private static func executor(
        _ double: KubernetesDouble, _ clock: TestClock, _ change: (inout KubernetesSettings) -> Void
    ) -> PodExecutor {
        let client = KubernetesAPI(
            server: "http://double", namespace: namespace, http: double.client, clock: clock, seed: 1)
        var settings = KubernetesSettings(namespace: namespace, installation: "test")
        change(&settings)
        return PodExecutor(client: client, settings: settings, clock: clock)
    }

    /// What a scheduler is after a restart: everything anew but the cluster.
    func restarted() -> (executor: PodExecutor, running: Task<Void, Never>) {
        let next = Self.executor(double, clock) { _ in }
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
        let isOver = await double.advance(atMost: limit) { launched.isOver }
        if !isOver { launched.task.cancel() }
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
        var builder = DAGBuilder(dagID)
        builder.task(taskID) { $0.operatorName = "KubernetesPodOperator" }
        let run = RunKey(dagID: dagID, runID: "manual__2026-01-01T00:00:00+00:00")
        var instance = TaskInstance(
            id: UUID7(high: UInt64(taskID.utf8.reduce(7) { $0 &* 31 &+ Int($1) }.magnitude), low: UInt64(tryNumber)),
            key: TaskInstanceKey(run: run, taskID: taskID, mapIndex: mapIndex))
        instance.tryNumber = tryNumber
        instance.launchNumber = number
        let dag = try! builder.build()
        return TaskLaunch(
            id: LaunchID(tryID: instance.id, number: number), instance: instance,
            run: DAGRun(key: run, type: .manual, runAfter: Timestamp(seconds: 0), triggeredBy: .cli), dag: dag,
            task: dag[taskID]!, shouldRetry: false, isResume: false)
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

/// A launch that was handed over.
final class Launched: Sendable {
    let task: Task<PodResult, any Error>
    private let over = Atomic(false)

    init(_ task: Task<PodResult, any Error>) {
        self.task = task
        Task { [self] in
            _ = await task.result
            over.store(true, ordering: .releasing)
        }
    }

    var isOver: Bool { over.load(ordering: .acquiring) }
}

/// Writes down what is told of a pod.
final class RecordingReporter: PodReporter {
    struct Record {
        var hosts: [String] = []
        var waits: [String?] = []
        var lines: [String] = []
        var notes: [String] = []
        var termination: TerminationReason?
        var written: WrittenLines?
    }

    private let state = Mutex(Record())

    var record: Record { state.withLock { $0 } }
    var terminationReason: TerminationReason? { state.withLock { $0.termination } }
    func terminate(_ reason: TerminationReason) { state.withLock { $0.termination = reason } }
    func hasWritten(_ lines: WrittenLines) { state.withLock { $0.written = lines } }

    func started(host: String) async { state.withLock { $0.hosts.append(host) } }
    func waits(for reason: String?) async { state.withLock { $0.waits.append(reason) } }
    func line(_ text: String, container: String, at: Timestamp?) { state.withLock { $0.lines.append(text) } }
    func say(_ text: String, isProblem: Bool) { state.withLock { $0.notes.append(text) } }
    func written() -> WrittenLines? { state.withLock { $0.written } }
}
