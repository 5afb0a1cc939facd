import Foundation
import K8sPodExecutor
import PipelineCore
import PipelineTestSupport
import PodmanExecutor
import Synchronization
import Testing

/// An executor over the double of podman, in simulated time.
final class PodmanHarness: Sendable {
    static let host = "workstation"

    let clock = TestClock()
    let double: PodmanDouble
    let executor: PodmanExecutor
    /// What the executor has told of beside tasks.
    let warnings = Warnings()
    private let specifications: CDISpecifications
    private let lock: FileDeviceLock

    init(specifications: CDISpecifications = CDISpecifications(folders: []), script: ContainerScript = ContainerScript()) {
        self.specifications = specifications
        double = PodmanDouble(clock: clock)
        lock = FileDeviceLock(path: NSTemporaryDirectory() + "devices-\(UUID().uuidString).lock")
        executor = Self.executor(double, specifications, lock, warnings)
        double.change { $0.script = script }
    }

    private static func executor(
        _ double: PodmanDouble, _ specifications: CDISpecifications, _ lock: FileDeviceLock, _ warnings: Warnings
    ) -> PodmanExecutor {
        let settings = KubernetesSettings(namespace: "default", installation: "test")
        return PodmanExecutor(
            runner: double, settings: settings, specifications: specifications, deviceLock: lock, host: host,
            clock: double.clock, wallClock: double.clock.wallClock, warn: { warnings.note($0) })
    }

    /// What the next process has.
    func restarted() -> PodmanExecutor { Self.executor(double, specifications, lock, warnings) }

    /// Lets time pass in steps until the condition holds; between two steps other tasks get their turn.
    func passes(
        atMost limit: Duration = .seconds(120), step: Duration = .milliseconds(100), until condition: @Sendable () -> Bool
    ) async -> Bool {
        var left = limit
        while true {
            for _ in 0..<200 { await Task.yield() }
            if condition() { return true }
            guard left > .zero else { return false }
            clock.advance(by: step)
            left -= step
        }
    }

    func pause(_ duration: Duration) async { _ = await passes(atMost: duration) { false } }

    func start(
        _ extra: JSONObject = [:], launch: TaskLaunch = .sample(), _ reporter: RecordingReporter = RecordingReporter(),
        on executor: PodmanExecutor? = nil
    ) -> Launched {
        let executor = executor ?? self.executor
        let attributes = Self.attributes(extra)
        return Launched(Task { try await executor.run(launch, attributes: attributes, reporter: reporter) })
    }

    func end(of launched: Launched, within limit: Duration = .seconds(900)) async throws -> PodResult {
        guard await passes(atMost: limit, until: { launched.isOver }) else {
            launched.task.cancel()
            throw Overdue()
        }
        return try await launched.task.value
    }

    func run(
        _ extra: JSONObject = [:], launch: TaskLaunch = .sample(), _ reporter: RecordingReporter = RecordingReporter()
    ) async throws -> PodResult {
        try await end(of: start(extra, launch: launch, reporter))
    }

    /// Why the launch came to nothing.
    func failure(
        _ extra: JSONObject = [:], launch: TaskLaunch = .sample(), _ reporter: RecordingReporter = RecordingReporter()
    ) async -> PodFailure? {
        do {
            let result = try await run(extra, launch: launch, reporter)
            Issue.record("it ended: \(result)")
        } catch let failure as PodFailure {
            return failure
        } catch {
            Issue.record("\(error)")
        }
        return nil
    }

    static func attributes(_ extra: JSONObject = [:]) -> JSONObject {
        let attributes: JSONObject = [
            "image": "busybox:1", "cmds": ["sh"], "arguments": ["-c", "true"], "do_xcom_push": true,
            "startup_timeout_seconds": 120, "on_finish_action": "delete_pod", "pod": pod(),
        ]
        return attributes.merging(extra)
    }

    /// A pod whose `spec` and base container have these members too.
    static func pod(_ spec: JSONObject = [:], container: JSONObject = [:]) -> JSONValue {
        let base: JSONObject = ["name": "base", "image": "busybox:1"]
        let whole: JSONObject = ["containers": [.object(base.merging(container))], "restartPolicy": "Never"]
        return [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["labels": ["team": "ml"]], "spec": .object(whole.merging(spec)),
        ]
    }
}

/// What was told, in order.
final class Warnings: Sendable {
    private let state = Mutex<[String]>([])
    var all: [String] { state.withLock { $0 } }
    func note(_ text: String) { state.withLock { $0.append(text) } }
}
