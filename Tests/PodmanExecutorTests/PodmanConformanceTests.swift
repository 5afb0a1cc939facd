import PipelineCore
import PipelineTestSupport
import PodmanExecutor
import Testing

/// What every driver has to do, on the double of podman.
@Suite(.timeLimit(.minutes(5)))
struct PodmanConformanceTests {
    @Test(arguments: PodLauncherConformance.all)
    func conformance(_ row: PodLauncherConformance) async throws { try await row.check(DoubleWorld()) }
}

private final class DoubleWorld: PodWorld {
    private let harness = PodmanHarness()

    func newProcess() -> any PodLauncher { harness.restarted() }

    func attributes(for behaviour: PodBehaviour) -> JSONObject {
        switch behaviour {
        case .ends(let code, let lines, let result, let after):
            harness.double.change {
                $0.script = ContainerScript(exitCode: code, lines: lines, result: result, duration: after)
            }
        case .runs(let line): harness.double.change { $0.script = ContainerScript(lines: [line], duration: nil) }
        case .imageMissing: return PodmanHarness.attributes(["image": "nowhere/none:1"])
        }
        return PodmanHarness.attributes()
    }

    func launch(_ taskID: String) -> TaskLaunch { .sample(taskID) }
    func passes(until condition: @escaping @Sendable () -> Bool) async -> Bool { await harness.passes(until: condition) }
    func pause() async { _ = await harness.passes(atMost: .seconds(1)) { false } }
    func runningContainers() async throws -> Int { harness.double.running }
    func podsMade() async throws -> Int { harness.double.made }
}
