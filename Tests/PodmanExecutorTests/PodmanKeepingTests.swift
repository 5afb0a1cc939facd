import PipelineCore
import PipelineTestSupport
import PodmanExecutor
import Testing

/// What becomes of containers whose work is done.
@Suite(.timeLimit(.minutes(5)))
struct PodmanKeepingTests {
    private static let run = RunKey(dagID: "cifar", runID: "manual__2026-01-01T00:00:00+00:00")

    @Test func aFinishedPodGoesAfterADelay() async throws {
        let harness = PodmanHarness()
        _ = try await harness.run()
        #expect(harness.double.containers.count == 1)
        #expect(await harness.passes(atMost: .seconds(40)) { harness.double.containers.isEmpty })
        #expect(await harness.passes(atMost: .seconds(1)) { harness.double.volumes.isEmpty })
    }

    @Test func onFinishActionIsHonoured() async throws {
        let cases = [
            ("keep_pod", 0, true), ("keep_pod", 3, true), ("delete_pod", 3, false), ("delete_active_pod", 0, true),
            ("delete_succeeded_pod", 0, false), ("delete_succeeded_pod", 3, true),
        ]
        for (action, code, isKept) in cases {
            let harness = PodmanHarness(script: ContainerScript(exitCode: code))
            _ = try await harness.run(["on_finish_action": .string(action)])
            try await harness.executor.runEnded(Self.run)
            #expect(harness.double.containers.isEmpty != isKept, "\(action) \(code)")
            #expect(harness.double.running == 0)
        }
    }

    @Test func aRunThatEndsTakesWhatAnEarlierProcessHasLeft() async throws {
        let harness = PodmanHarness()
        _ = try await harness.run()
        _ = try await harness.run(launch: .sample("other", runID: "another"))
        try await harness.restarted().runEnded(Self.run)
        #expect(harness.double.containers.map { $0.labels["pipeline.ml/run"] } == ["cifar/another"])
        #expect(harness.double.volumes.count == 1)
    }

    @Test func aPodWhoseLogCouldNotBeReadStays() async throws {
        let harness = PodmanHarness(script: ContainerScript(lines: ["one"], result: "7"))
        harness.double.fail("tail", with: "cannot open", exitCode: 1, times: .max)
        let reporter = RecordingReporter()
        #expect(try await harness.run([:], reporter).result == "7")
        #expect(reporter.record.notes.contains { $0.contains("cannot be read") })
        #expect(await !harness.passes(atMost: .seconds(60)) { harness.double.containers.isEmpty })
    }
}
