import PipelineCore
import PipelineTestSupport
import PodmanExecutor
import Testing

/// What becomes of containers whose work is done.
@Suite(.timeLimit(.minutes(5)))
struct PodmanKeepingTests {
    private static let run = RunKey(dagID: "cifar", runID: "manual__2026-01-01T00:00:00+00:00")

    @Test func aFinishedPodStaysUntilItsEndIsInTheStore() async throws {
        let harness = PodmanHarness()
        _ = try await harness.run()
        #expect(await !harness.passes(atMost: .seconds(120)) { harness.double.containers.isEmpty })
        harness.executor.endIsDurable(TaskLaunch.sample().id)
        #expect(await !harness.passes(atMost: .seconds(29)) { harness.double.containers.isEmpty })
        #expect(await harness.passes(atMost: .seconds(2)) { harness.double.containers.isEmpty })
    }

    @Test func anEndThatIsSavedBeforeTheLaunchReturnsCounts() async throws {
        let harness = PodmanHarness(script: ContainerScript(duration: .seconds(10)))
        let launched = harness.start()
        #expect(await harness.passes { harness.double.running == 1 })
        harness.executor.endIsDurable(TaskLaunch.sample().id)
        #expect(await !harness.passes(atMost: .seconds(5)) { harness.double.running == 0 })
        #expect(try await harness.end(of: launched).exitCode == 0)
        #expect(await harness.passes(atMost: .seconds(40)) { harness.double.containers.isEmpty })
    }

    @Test func aFinishedPodGoesAfterADelay() async throws {
        let harness = PodmanHarness()
        _ = try await harness.run()
        #expect(harness.double.containers.count == 1)
        harness.executor.endIsDurable(TaskLaunch.sample(number: 2).id)
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

    @Test func aStartSweepsWhatNobodyAsksForAnyMore() async throws {
        let harness = PodmanHarness()
        for (task, action) in [("a", "delete_pod"), ("b", "delete_pod"), ("c", "keep_pod")] {
            _ = try await harness.run(["on_finish_action": .string(action)], launch: .sample(task))
        }
        let over = Set(["a", "c"])
        let next = harness.restarted()
        #expect(try await next.sweep { _, task in over.contains(task.taskID) } == 1)
        #expect(Set(harness.double.containers.compactMap { $0.labels["task_id"] }) == ["b", "c"])
        // What the process itself has in hand is not its business, nor what is another installation's.
        #expect(try await harness.executor.sweep { _, _ in true } == 0)
        harness.double.change { state in for index in state.containers.indices { state.containers[index].labels["pipeline.ml/installation"] = "other" } }
        #expect(try await next.sweep { _, _ in true } == 0)
    }

    @Test func aSweepEndsWhatRunsOn() async throws {
        let harness = PodmanHarness(script: ContainerScript(lines: ["ready"], duration: nil))
        let reporter = RecordingReporter()
        let launched = harness.start(["on_finish_action": "keep_pod"], reporter)
        #expect(await harness.passes { !reporter.record.lines.isEmpty })
        reporter.die()
        launched.task.cancel()
        #expect(await harness.passes { launched.isOver })
        #expect(try await harness.restarted().sweep { _, _ in true } == 1)
        #expect(harness.double.containers.isEmpty && harness.double.volumes.isEmpty)
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
