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
    private let running: Task<Void, Never>

    init(
        nodes: [KubernetesDouble.Node] = [KubernetesDouble.Node("node-1", gpus: 2)],
        change: (inout KubernetesSettings) -> Void = { _ in }
    ) {
        let clock = TestClock()
        let double = KubernetesDouble(nodes: nodes, clock: clock)
        let reports = WorkerReportBook()
        let executor = Self.executor(double, clock, reports, change)
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
        _ double: KubernetesDouble, _ clock: TestClock, _ reports: WorkerReportBook,
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
            client: client, connector: double.connector, settings: settings, workers: workers, clock: clock)
    }

    /// What a scheduler is after a restart: everything anew but the cluster.
    func restarted(
        change: (inout KubernetesSettings) -> Void = { _ in }
    ) -> (executor: PodExecutor, running: Task<Void, Never>) {
        let next = Self.executor(double, clock, reports, change)
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

/// A launch has not ended in the time that it was given.
struct Overdue: Error {}

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
        var images: [String?] = []
        var waits: [String?] = []
        var lines: [String] = []
        var notes: [String] = []
        var termination: TerminationReason?
        var written: WrittenLines?
        var stamps: [Timestamp] = []
        var isDead = false
    }

    private let state = Mutex(Record())

    var record: Record { state.withLock { $0 } }
    var terminationReason: TerminationReason? { state.withLock { $0.termination } }
    func terminate(_ reason: TerminationReason) { state.withLock { $0.termination = reason } }
    func hasWritten(_ lines: WrittenLines?) { state.withLock { $0.written = lines } }

    /// The process of this reporter is gone: what comes after is written nowhere.
    func die() {
        state.withLock { state in
            state.isDead = true
            state.termination = .shutdown
        }
    }

    /// What the next process finds in the log file.
    var left: WrittenLines? {
        let stamps = record.stamps
        guard let newest = stamps.max() else { return record.written }
        let second = { (stamp: Timestamp) in stamp.microseconds / 1_000_000 }
        return WrittenLines(
            newest: newest, inNewestSecond: stamps.count { second($0) == second(newest) },
            inSecondBefore: stamps.count { second($0) == second(newest) - 1 })
    }

    func started(host: String, image: String?) async {
        note { state in
            state.hosts.append(host)
            state.images.append(image)
        }
    }
    func waits(for reason: String?) async { note { $0.waits.append(reason) } }
    func line(_ text: String, container: String, at: Timestamp?) {
        note { state in
            state.lines.append(text)
            if let at { state.stamps.append(at) }
        }
    }
    func say(_ text: String, isProblem: Bool) { note { $0.notes.append(text) } }
    func written() -> WrittenLines? { state.withLock { $0.written } }

    private func note(_ change: (inout Record) -> Void) {
        state.withLock { state in if !state.isDead { change(&state) } }
    }
}
