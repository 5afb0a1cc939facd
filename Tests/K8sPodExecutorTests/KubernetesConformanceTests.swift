import K8sPodExecutor
import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

/// What every driver has to do, on the double of a cluster.
@Suite(.timeLimit(.minutes(5)))
struct KubernetesConformanceTests {
    @Test(arguments: PodLauncherConformance.all)
    func conformance(_ row: PodLauncherConformance) async throws { try await row.check(KubernetesWorld()) }
}

/// A cluster of one node in simulated time.
private final class KubernetesWorld: PodWorld {
    private let harness = PodHarness()
    private let following = Mutex<[Task<Void, Never>]>([])

    deinit { for task in following.withLock({ $0 }) { task.cancel() } }

    func newProcess() -> any PodLauncher {
        let (executor, running) = harness.restarted()
        following.withLock { $0.append(running) }
        return executor
    }

    func attributes(for behaviour: PodBehaviour) -> JSONObject {
        switch behaviour {
        case .ends(let code, let lines, let result, let after):
            harness.double.script(.ends(.init(code, message: result ?? ""), after: after, log: lines))
        case .runs(let line):
            harness.double.script(PodScript(PodScript.runsForever.steps + [.log(line)]))
        case .imageMissing: harness.double.script(.errImagePull())
        }
        return PodHarness.attributes()
    }

    func launch(_ taskID: String) -> TaskLaunch { PodHarness.launch(taskID) }

    func passes(until condition: @escaping @Sendable () -> Bool) async -> Bool {
        await harness.double.advance(atMost: .seconds(120)) { condition() }
    }

    func pause() async { await harness.pass(.seconds(1)) }
    func runningContainers() async throws -> Int { harness.double.livePods.count }
    func podsMade() async throws -> Int { Set(harness.created).count }
}
