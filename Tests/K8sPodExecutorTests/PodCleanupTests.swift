import K8sPodExecutor
import KubernetesClient
import PipelineCore
import PipelineTestSupport
import Testing

@Suite(.timeLimit(.minutes(20)))
struct PodCleanupTests {
    private func cleanup(_ harness: PodHarness) -> PodCleanup {
        let client = KubernetesAPI(
            server: "http://double", namespace: PodHarness.namespace, http: harness.double.client, clock: harness.clock, seed: 1)
        return PodCleanup(
            client: client, settings: KubernetesSettings(namespace: PodHarness.namespace, installation: "test"))
    }

    @Test func whatNobodyNeedsIsFoundAndDeleted() async throws {
        let harness = PodHarness()
        harness.double.script(.fails(1), for: .name("cifar-done"))
        harness.double.script(.runsForever, for: .name("cifar-live"))
        let keep = PodHarness.attributes(["on_finish_action": "keep_pod"])
        let live = PodHarness.launch("live")
        let running = harness.start(live, keep, RecordingReporter())
        _ = try await harness.run(PodHarness.launch("done"), keep)
        // Somebody else's pod has none of our labels.
        _ = harness.double.add(.pods, ["metadata": ["name": "other"], "spec": ["containers": [["name": "c", "image": "i"]]]])
        harness.double.advance(by: .seconds(3_600))
        let now = harness.clock.timestamp
        let found = try await cleanup(harness).leftovers(createdBefore: now - .seconds(600)) { launch, _ in launch != live.id }
        #expect(found.map(\.reason) == ["finished"])
        #expect(found.first?.name.hasPrefix("cifar-done-") == true)
        let younger = try await cleanup(harness).leftovers(createdBefore: now - .seconds(7_200)) { _, _ in true }
        #expect(younger.isEmpty)
        // A store that knows none of them has no say: they may be another's.
        let unknown = try await cleanup(harness).leftovers(createdBefore: now) { _, _ in false }
        #expect(unknown.isEmpty)

        let orphan = try await cleanup(harness).leftovers(createdBefore: now) { _, _ in true }
        #expect(Set(orphan.map(\.reason)) == ["finished", "its try is over"])
        for pod in orphan { try await cleanup(harness).delete(pod) }
        // A second time there is nothing to delete, and that is no error.
        for pod in orphan { try await cleanup(harness).delete(pod) }
        #expect(await harness.double.advance(atMost: .seconds(60)) { harness.double.objects(.pods).count == 1 })
        running.task.cancel()
        _ = await running.task.result
    }
}
