import Foundation
import HTTPTransport
import K8sPodExecutor
import KubernetesClient
import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

/// A real cluster: `make test-cluster` with KUBECONFIG set. Every test works in a namespace of its own, which goes with it.
/// Needs one image with a shell and nothing else (`PIPELINE_TEST_IMAGE`, default `busybox:1.36`).
struct TestCluster: Sendable {
    static let isWanted = ProcessInfo.processInfo.environment["PIPELINE_TEST_CLUSTER"] != nil
    static let image = ProcessInfo.processInfo.environment["PIPELINE_TEST_IMAGE"] ?? "busybox:1.36"

    let api: KubernetesAPI
    let connector: any ByteStreamConnector
    let namespace: String

    static func with(_ body: (TestCluster) async throws -> Void) async throws {
        let name = "pipeline-test-\(UInt32.random(in: .min ... .max))"
        let cluster = TestCluster(api: try connect(), connector: try connector(), namespace: name)
        try await cluster.makeNamespace()
        do { try await body(cluster) } catch {
            await cluster.removeNamespace()
            throw error
        }
        await cluster.removeNamespace()
    }

    private static let environment = ProcessInfo.processInfo.environment

    static func connect() throws -> KubernetesAPI {
        try KubernetesAPI.connect(
            to: KubernetesConfiguration.discover(environment: environment), environment: environment,
            clock: ContinuousClock(), wallClock: MachineClock(), seed: 1)
    }

    private static func connector() throws -> any ByteStreamConnector {
        KubernetesAPI.connector(
            to: try KubernetesConfiguration.discover(environment: environment), environment: environment,
            clock: ContinuousClock(), wallClock: MachineClock())
    }

    /// A namespace whose service account does not come.
    struct NoServiceAccount: Error {}

    private func makeNamespace() async throws {
        let labels: JSONValue = ["pod-security.kubernetes.io/enforce": "restricted"]
        _ = try await api.create(
            .namespaces, ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(namespace), "labels": labels]])
        // Pods are refused until the namespace has its service account.
        for _ in 0..<100 {
            if (try? await api.get(.serviceAccounts, "default", namespace: namespace, retry: .none)) != nil { return }
            try await Task.sleep(for: .milliseconds(200))
        }
        await removeNamespace()
        throw NoServiceAccount()
    }

    private func removeNamespace() async { _ = try? await api.delete(.namespaces, namespace) }

    /// Runs `body` beside an executor that follows the cluster.
    func following<Value: Sendable>(
        _ change: (inout KubernetesSettings) -> Void = { _ in }, _ body: (PodExecutor) async throws -> Value
    ) async throws -> Value {
        var settings = KubernetesSettings(namespace: namespace, installation: "test")
        settings.finishedPodDelay = .seconds(600)
        change(&settings)
        let executor = PodExecutor(client: api, connector: connector, settings: settings, clock: ContinuousClock(), warn: { print($0) })
        let running = Task { await executor.run() }
        defer { running.cancel() }
        return try await body(executor)
    }

    func pods() async throws -> [PodView] { try await api.list(.pods, namespace: namespace).map { PodView(json: $0) } }

    /// - Parameter script: for the shell of the image.
    static func attributes(_ script: String, _ extra: JSONObject = [:], spec: JSONObject = [:]) -> JSONObject {
        // An image that was put on the node by hand is in no registry.
        let bare: JSONObject = ["containers": [["name": "base", "imagePullPolicy": "IfNotPresent"]]]
        let attributes: JSONObject = [
            "image": .string(image), "cmds": ["sh", "-c", .string(script)], "do_xcom_push": true,
            "startup_timeout_seconds": 120, "on_finish_action": "delete_pod",
            "pod": ["spec": .object(bare.merging(spec))],
        ]
        return attributes.merging(extra)
    }

    static func launch(_ taskID: String = "task", number: Int = 1) -> TaskLaunch {
        var builder = DAGBuilder("cluster_test")
        builder.task(taskID) { $0.operatorName = "KubernetesPodOperator" }
        let key = RunKey(dagID: "cluster_test", runID: "manual__1")
        let id = UUID7(high: UInt64(bitPattern: Int64(taskID.hashValue)), low: 1)
        var instance = TaskInstance(id: id, key: TaskInstanceKey(run: key, taskID: taskID))
        (instance.tryNumber, instance.launchNumber) = (1, number)
        let dag = try! builder.build()
        return TaskLaunch(
            id: LaunchID(tryID: id, number: number), instance: instance,
            run: DAGRun(key: key, type: .manual, runAfter: Timestamp(seconds: 0), triggeredBy: .cli), dag: dag,
            task: dag[taskID]!, shouldRetry: false, isResume: false)
    }
}

struct MachineClock: WallClock {
    func now() -> Timestamp { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }
}

/// Keeps what is told of a pod.
final class ClusterReporter: PodReporter {
    private struct State {
        var lines: [String] = []
        var waits: [String] = []
        var hosts: [String] = []
        var reason: TerminationReason?
        var newest: (at: Timestamp, inSecond: Int, before: Int)?
    }

    private let state = Mutex(State())

    var lines: [String] { state.withLock { $0.lines } }
    var waits: [String] { state.withLock { $0.waits } }
    var hasStarted: Bool { state.withLock { !$0.hosts.isEmpty } }
    var terminationReason: TerminationReason? { state.withLock { $0.reason } }
    func end(_ reason: TerminationReason) { state.withLock { $0.reason = reason } }

    func started(host: String, image: String?) async { state.withLock { $0.hosts.append(host) } }
    func waits(for reason: String?) async { if let reason { state.withLock { $0.waits.append(reason) } } }
    func say(_ text: String, isProblem: Bool) {}
    func written() -> WrittenLines? { nil }
    func line(_ text: String, container: String, at: Timestamp?) { state.withLock { $0.lines.append(text) } }

    /// Waits until `condition` holds; a cluster takes its time.
    func wait(within limit: Duration = .seconds(120), until condition: (ClusterReporter) -> Bool) async throws -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if condition(self) { return true }
            try await Task.sleep(for: .milliseconds(100))
        }
        return condition(self)
    }
}
