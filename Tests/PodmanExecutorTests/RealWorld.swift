import ChildProcesses
import Foundation
import K8sPodExecutor
import PipelineCore
import PipelineTestSupport
import PodmanExecutor

/// The podman of this machine. Each world has a run of its own, whose containers it removes.
final class RealWorld: PodWorld {
    private static let environment = ProcessInfo.processInfo.environment
    static let image = environment["PIPELINE_TEST_PODMAN_IMAGE"] ?? "localhost/pipeline-test:1"
    private static let runner = ProcessCommandRunner(environment: environment)

    /// Whether a container of the image runs here.
    static var isThere: Bool {
        get async {
            guard (try? await runner.run("podman", ["image", "exists", image], environment: [:]).exitCode) == 0 else { return false }
            return (try? await runner.run("podman", ["run", "--rm", image, "true"], environment: [:]).exitCode) == 0
        }
    }

    private let runID = "test__\(UUID().uuidString)"
    private var run: RunKey { RunKey(dagID: "cifar", runID: runID) }

    func newProcess() -> any PodLauncher { executor() }

    func executor() -> PodmanExecutor {
        var settings = KubernetesSettings(namespace: "default", installation: "test")
        settings.finishedPodDelay = .seconds(3_600)
        return PodmanExecutor(
            runner: ProcessCommandRunner(environment: Self.environment, timeout: nil), settings: settings,
            specifications: CDISpecifications(),
            deviceLock: FileDeviceLock(path: NSTemporaryDirectory() + "pipeline-devices.lock"), host: "this",
            clock: ContinuousClock(), wallClock: MachineClock(), warn: { print($0) })
    }

    /// Removes what is left.
    func end() async throws { try await executor().runEnded(run) }

    func launch(_ taskID: String) -> TaskLaunch { .sample(taskID, runID: runID) }

    func attributes(for behaviour: PodBehaviour) -> JSONObject {
        switch behaviour {
        case .ends(let code, let lines, let result, let after):
            let pause = lines.isEmpty ? after : after / lines.count
            var words = lines.count < 100 ? lines.map { "echo '\($0)'; sleep \(pause.inSeconds)" } : lines.map { "echo '\($0)'" }
            if lines.isEmpty { words = ["sleep \(pause.inSeconds)"] }
            if let result { words.append("printf '%s' '\(result)' > $PIPELINE_XCOM_PATH") }
            return attributes(script: (words + ["exit \(code)"]).joined(separator: "; "))
        case .runs(let line): return attributes(script: "echo '\(line)'; exec sleep 600")
        case .imageMissing:
            return attributes(script: "true").merging(["image": "localhost:1/none:1"])
        }
    }

    func attributes(script: String) -> JSONObject {
        let pod = PodmanHarness.pod(["terminationGracePeriodSeconds": 2])
        return PodmanHarness.attributes([
            "image": .string(Self.image), "cmds": ["sh", "-c"], "arguments": [.string(script)], "pod": pod,
        ])
    }

    func passes(until condition: @escaping @Sendable () -> Bool) async -> Bool {
        for _ in 0..<3_000 {
            if condition() { return true }
            await pause()
        }
        return false
    }

    func pause() async { try? await Task.sleep(for: .milliseconds(20)) }

    func runningContainers() async throws -> Int { try await count([]) }
    func podsMade() async throws -> Int { try await count(["--all"]) }

    private func count(_ options: [String]) async throws -> Int {
        let filter = ["--filter", "label=pipeline.ml/run=\(run.dagID)/\(run.runID)"]
        let result = try await Self.runner.run("podman", ["ps", "--quiet"] + options + filter, environment: [:])
        return result.output.split(separator: 0x0A).count
    }
}

/// The machine's time.
struct MachineClock: WallClock {
    func now() -> Timestamp { Timestamp(seconds: Date().timeIntervalSince1970) }
}
