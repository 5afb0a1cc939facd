import PipelineCore
import PipelineTestSupport
import PodmanExecutor
import Testing

/// The process ends at each of its commands in turn, and the next one goes on.
@Suite(.timeLimit(.minutes(5)))
struct PodmanCrashTests {
    private static let extra: JSONObject = [
        "pod": PodmanHarness.pod(["initContainers": [["name": "fetch", "image": "busybox:1"]]])
    ]
    private static let script = ContainerScript(lines: (1...6).map { "line \($0)" }, result: "7", duration: .seconds(3))

    private func harness() -> PodmanHarness {
        let harness = PodmanHarness(script: Self.script)
        harness.double.change { $0.scriptsByContainer["-fetch"] = ContainerScript(duration: .seconds(1)) }
        return harness
    }

    private func callsOfAWholeRun() async throws -> Int {
        let harness = harness()
        _ = try await harness.run(Self.extra)
        return harness.double.calls.count
    }

    @Test func noCrashMakesASecondContainerOrLosesALine() async throws {
        let calls = try await callsOfAWholeRun()
        #expect(calls > 10)
        for number in 1...calls { try await crash(at: number) }
    }

    private func crash(at number: Int) async throws {
        let harness = harness()
        let first = RecordingReporter()
        let launched = harness.start(Self.extra, first)
        _ = await harness.passes { harness.double.calls.count >= number || launched.isOver }
        first.die()
        launched.task.cancel()
        #expect(await harness.passes { launched.isOver })
        let second = RecordingReporter()
        second.hasWritten(first.left)
        let result = try await harness.end(of: harness.start(Self.extra, second, on: harness.restarted()))
        #expect(result.result == "7", "crash at call \(number)")
        #expect(harness.double.made == 2, "crash at call \(number)")
        #expect(first.record.lines + second.record.lines == Self.script.lines, "crash at call \(number)")
    }
}
