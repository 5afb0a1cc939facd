import Glibc
import K8sPodExecutor
import KubernetesClient
import PipelineCore
import PipelineTestSupport
import Synchronization

/// What a scheduler's process has of pods: a client, an executor, launches.
final class BenchProcess: Sendable {
    /// One launch that was handed over.
    struct Launch: Sendable {
        let created: Mark
        let running: Mark
        let task: Task<PodResult, any Error>
        fileprivate let reporter: BenchReporter
    }

    private let executor: PodExecutor
    private let following: Task<Void, Never>
    private let launches = Mutex<[Launch]>([])

    init(_ url: String) throws {
        let limits = RequestLimiter.Limits(queriesPerSecond: 5_000, burst: 5_000, parallel: 32)
        let place = KubernetesConfiguration(server: url, namespace: "pipelines")
        let api = try KubernetesAPI.connect(
            to: place, environment: [:], clock: ContinuousClock(), wallClock: BenchWallClock(), limits: limits, seed: 1)
        let connector = KubernetesAPI.connector(
            to: place, environment: [:], clock: ContinuousClock(), wallClock: BenchWallClock())
        var settings = KubernetesSettings(namespace: "pipelines", installation: "bench")
        if let text = getenv("PIPELINE_FOLLOWED_LOGS"), let number = Int(String(cString: text)) { settings.followedLogs = number }
        let executor = PodExecutor(
            client: api, connector: connector, settings: settings,
            clock: ContinuousClock(), warn: { print($0) })
        self.executor = executor
        following = Task { await executor.run() }
    }

    @discardableResult
    func start(_ index: Int) -> Launch {
        let reporter = BenchReporter()
        let launch = Self.launch(index)
        let task = Task { [executor] in
            try await executor.run(launch, attributes: Self.attributes, reporter: reporter)
        }
        let result = Launch(created: reporter.created, running: reporter.running, task: task, reporter: reporter)
        launches.withLock { $0.append(result) }
        return result
    }

    /// Ends as a process does, and leaves its pods alone.
    func end() async {
        let launches = launches.withLock { $0 }
        for launch in launches { launch.reporter.shutDown() }
        for launch in launches { launch.task.cancel() }
        for launch in launches { _ = await launch.task.result }
        following.cancel()
        await following.value
    }

    private static let attributes: JSONObject = [
        "image": "busybox:1", "cmds": ["sh"], "do_xcom_push": true, "startup_timeout_seconds": 600,
        "pod": [
            "apiVersion": "v1", "kind": "Pod", "metadata": [:],
            "spec": ["containers": [["name": "base", "image": "busybox:1"]], "restartPolicy": "Never"],
        ],
    ]

    private static let dag: DAG = {
        var builder = DAGBuilder("bench")
        builder.task("pod") { $0.operatorName = "KubernetesPodOperator" }
        guard let dag = try? builder.build() else { fatalError("the DAG is wrong") }
        return dag
    }()

    private static func launch(_ index: Int) -> TaskLaunch {
        let run = RunKey(dagID: "bench", runID: "manual__2026-01-01T00:00:00+00:00")
        var instance = TaskInstance(
            id: UUID7(high: UInt64(index), low: 1), key: TaskInstanceKey(run: run, taskID: "pod", mapIndex: index))
        (instance.tryNumber, instance.launchNumber) = (1, 1)
        guard let task = dag["pod"] else { fatalError("the DAG has no task") }
        return TaskLaunch(
            id: LaunchID(tryID: instance.id, number: 1), instance: instance,
            run: DAGRun(key: run, type: .manual, runAfter: Timestamp(seconds: 0), triggeredBy: .cli), dag: dag,
            task: task, shouldRetry: false, isResume: false)
    }
}

private struct BenchWallClock: WallClock {
    func now() -> Timestamp { Timestamp(seconds: Double(time(nil))) }
}

/// Notes when a pod was there, and when it ran.
private final class BenchReporter: PodReporter {
    let created = Mark()
    let running = Mark()
    private let isShutDown = Atomic(false)

    var terminationReason: TerminationReason? { isShutDown.load(ordering: .acquiring) ? .shutdown : nil }
    func shutDown() { isShutDown.store(true, ordering: .releasing) }
    func started(host: String, image: String?) async { running.hit() }
    func waits(for reason: String?) async {}
    func line(_ text: String, container: String, at: Timestamp?) {}
    func say(_ text: String, isProblem: Bool) {
        if isProblem { print(text) } else { created.hit() }
    }
    func written() -> WrittenLines? { nil }
}

/// A moment that one task waits for.
final class Mark: Sendable {
    private struct State {
        var moment: ContinuousClock.Instant?
        var waiter: CheckedContinuation<ContinuousClock.Instant, Never>?
    }

    private let state = Mutex(State())

    func hit() {
        let now = ContinuousClock.now
        let waiter = state.withLock { state -> CheckedContinuation<ContinuousClock.Instant, Never>? in
            guard state.moment == nil else { return nil }
            state.moment = now
            return state.waiter.take()
        }
        waiter?.resume(returning: now)
    }

    @discardableResult
    func wait() async -> ContinuousClock.Instant {
        await withCheckedContinuation { continuation in
            let moment = state.withLock { state in
                if state.moment == nil { state.waiter = continuation }
                return state.moment
            }
            if let moment { continuation.resume(returning: moment) }
        }
    }
}
