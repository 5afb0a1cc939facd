import K8sPodExecutor
import KubernetesClient
import PipelineCore
import PipelineTestSupport
import Testing

/// One pod from its launch to its result.
@Suite(.timeLimit(.minutes(20)))
struct PodRunTests {
    @Test func aPodRunsAndItsResultAndLogCome() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds(log: ["one", "two"], message: "{\"rows\": 3}"))
        let reporter = RecordingReporter()
        let result = try await harness.run(PodHarness.launch(), PodHarness.attributes(), reporter)
        #expect(result.exitCode == 0)
        #expect(result.result == "{\"rows\": 3}")
        #expect(result.node == "node-1")
        #expect(reporter.record.lines == ["one", "two"])
        #expect(reporter.record.hosts == ["node-1"])
        #expect(reporter.record.waits.last == .some(nil))
        #expect(harness.double.livePods.isEmpty)
    }

    @Test func anExitCodeIsTheContainers() async throws {
        let harness = PodHarness()
        harness.double.script(.fails(3))
        #expect(try await harness.run().exitCode == 3)
    }

    @Test func aPodThatIsTakenAwayIsNoFailureOfTheTask() async throws {
        for script in [PodScript.evicted(), .evictedByAPI(), .preempted(), .vanishes(), .deletedFromOutside()] {
            let harness = PodHarness()
            harness.double.script(script)
            await #expect { try await harness.run() } throws: { ($0 as? PodFailure)?.kind == .infrastructure }
        }
    }

    @Test func aPodThatCannotStartSaysWhy() async throws {
        let cases: [(PodScript, PodFailure.Class, String)] = [
            (.errImagePull(), .configuration, "ImagePull"), (.invalidImageName, .configuration, "InvalidImageName"),
            (.errImageNeverPull, .configuration, "ErrImageNeverPull"),
            (.createContainerConfigError(), .configuration, "secret \"none\" not found"),
            (.failedMount(), .timeout, "configmap \"none\" not found"), (.startError, .configuration, "executable file not found"),
        ]
        for (script, kind, text) in cases {
            let harness = PodHarness()
            harness.double.script(script)
            let reporter = RecordingReporter()
            do {
                _ = try await harness.run(PodHarness.launch(), PodHarness.attributes(), reporter)
                Issue.record("\(text): it ended")
            } catch let failure as PodFailure {
                #expect(failure.kind == kind, "\(failure)")
                #expect(failure.message.contains(text), "\(failure)")
            }
            #expect(harness.double.livePods.isEmpty)
        }
    }

    /// One for the creation, one for the log, whenever the node tells of the end.
    @Test func aPodCostsTwoCalls() async throws {
        let lines: [PodScript.Step] = [.log("one"), .wait(.milliseconds(1_700)), .log("two")]
        let begin: [PodScript.Step] = [.wait(.milliseconds(35)), .accept, .wait(.seconds(1)), .start(), .report(.running)]
        let end: [PodScript.Step] = [.exit(.init(0, message: "7")), .wait(.milliseconds(2_400)), .report(.succeeded)]
        let scripts: [PodScript] = [
            .succeeds(after: .seconds(3), log: ["one", "two"], message: "7"),
            .ends(.init(0, message: "7"), after: .milliseconds(100), log: ["one", "two"], isSeenRunning: false),
            // The follow ends before anything is told of the container's end.
            PodScript(begin + lines + end),
        ]
        for (index, script) in scripts.enumerated() {
            let harness = PodHarness()
            harness.double.configure { $0.followLinger = .seconds(2) }
            harness.double.script(script)
            let reporter = RecordingReporter()
            #expect(try await harness.run(PodHarness.launch(), PodHarness.attributes(), reporter).result == "7")
            #expect(reporter.record.lines == ["one", "two"])
            #expect(Array(harness.double.callsByPod.values) == [2], "\(index)")
        }
    }

    @Test func aLostReplyMakesNoSecondPod() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds())
        harness.double.inject(.resetAfterEffect, on: .init(.create, .pods), calls: 1...1)
        #expect(try await harness.run().exitCode == 0)
        #expect(harness.double.callsByPod.count == 1)
    }

    @Test func aRestartGoesOnWithThePodThatIsThere() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds(after: .seconds(30), message: "7"))
        let launch = PodHarness.launch()
        let first = RecordingReporter()
        let launched = harness.start(launch, PodHarness.attributes(), first)
        #expect(await harness.double.advance(atMost: .seconds(60)) { !first.record.hosts.isEmpty })
        first.terminate(.shutdown)
        launched.task.cancel()
        await #expect(throws: CancellationError.self) { try await harness.end(of: launched) }
        #expect(harness.double.livePods.count == 1)

        let (next, running) = harness.restarted()
        defer { running.cancel() }
        let result = try await harness.end(of: harness.start(launch, PodHarness.attributes(), RecordingReporter(), on: next))
        #expect(result.result == "7")
        #expect(harness.double.count(.create, .pods) == 1)
    }

    @Test func aLaunchThatIsEndedLeavesNoContainer() async throws {
        let harness = PodHarness()
        harness.double.script(.runsForever)
        let reporter = RecordingReporter()
        let launched = harness.start(PodHarness.launch(), PodHarness.attributes(), reporter)
        #expect(await harness.double.advance(atMost: .seconds(60)) { !reporter.record.hosts.isEmpty })
        reporter.terminate(.cleared)
        launched.task.cancel()
        await #expect(throws: CancellationError.self) { try await harness.end(of: launched) }
        #expect(harness.double.livePods.isEmpty)
    }

    @Test func memoryGrowsAsFarAsItMay() async throws {
        let harness = PodHarness()
        harness.double.script(.outOfMemory)
        let attributes = PodHarness.attributes(["container_resources": ["limits": ["memory": "1Gi"]]])
        var launch = PodHarness.launch()
        launch.task.executorConfig = [
            "__type": "dict", "__var": ["on_oom": ["__type": "dict", "__var": ["memory": "x2", "max": "3Gi"]]],
        ]
        let result = try await harness.run(launch, attributes)
        #expect(result.exitCode == 137)
        #expect(result.reason == "OOMKilled")
        let asked = harness.double.calls.filter { $0.verb == .create && $0.resource == .pods }.count
        #expect(asked == 3)
    }
}
