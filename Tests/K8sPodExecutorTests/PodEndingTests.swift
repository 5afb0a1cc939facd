import K8sPodExecutor
import KubernetesClient
import PipelineCore
import PipelineTestSupport
import Testing

/// Launches that are ended, and pods of launches that had one before.
@Suite(.timeLimit(.minutes(20)))
struct PodEndingTests {
    private func end(_ harness: PodHarness, _ launched: Launched, _ reporter: RecordingReporter) async {
        reporter.terminate(.stateSet)
        launched.task.cancel()
        await #expect(throws: CancellationError.self) { try await harness.end(of: launched) }
        #expect(harness.double.livePods.isEmpty)
        // The object of a pod that has ended goes a little later.
        await harness.pass(.seconds(5))
        #expect(harness.double.objects(.pods).map(\.podName) == [])
    }

    @Test(arguments: [
        KubernetesDouble.Fault.hangsAfterEffect, .slow(.seconds(5)), .internalErrorAfterEffect, .resetAfterEffect,
    ])
    func aLaunchThatIsEndedWhileItsPodIsMadeLeavesNone(_ fault: KubernetesDouble.Fault) async throws {
        let harness = PodHarness()
        harness.double.script(.runsForever)
        harness.double.inject(fault, on: .init(.create, .pods))
        let reporter = RecordingReporter()
        let launched = harness.start(PodHarness.launch(), PodHarness.attributes(), reporter)
        #expect(await harness.double.advance(atMost: .seconds(5), step: .milliseconds(10)) { harness.created.count == 1 })
        await end(harness, launched, reporter)
    }

    @Test func aLaunchThatIsEndedBeforeThereIsAnAPILeavesNoPodOfAnEarlierProcess() async throws {
        let harness = PodHarness()
        harness.double.script(.runsForever)
        let (launch, reporter) = (PodHarness.launch(), RecordingReporter())
        let launched = await harness.startAndSeeRunning(reporter, launch)
        harness.die([launched], [reporter])
        harness.double.stopServer(for: .seconds(60))
        let (next, running) = harness.restarted()
        defer { running.cancel() }
        let second = RecordingReporter()
        let again = harness.start(launch, PodHarness.attributes(), second, on: next)
        await harness.pass(.seconds(10))
        await end(harness, again, second)
    }

    @Test func aLaunchThatIsEndedInItsQuotaWaitEndsAtOnce() async throws {
        let harness = PodHarness()
        harness.double.inject(.quotaExceeded(), on: .init(.create, .pods), calls: 1...1_000)
        let reporter = RecordingReporter()
        let launched = harness.start(PodHarness.launch(), PodHarness.attributes(), reporter)
        await harness.pass(.seconds(20))
        await end(harness, launched, reporter)
        #expect(harness.double.now < .seconds(30))
    }

    @Test func whatAContainerSaysAtItsEndIsWrittenDown() async throws {
        let harness = PodHarness()
        var script = PodScript.runsForever
        script.termination = PodTermination(after: .seconds(3), exitCode: 0, lines: ["checkpoint saved"])
        harness.double.script(script)
        let reporter = RecordingReporter()
        let launched = await harness.startAndSeeRunning(reporter)
        await harness.pass(.seconds(2))
        await end(harness, launched, reporter)
        #expect(reporter.record.lines == ["checkpoint saved"])
    }

    @Test func aPodThatHasNoNodeIsEndedAtOnce() async throws {
        let harness = PodHarness()
        harness.double.script(.neverFits("0/1 nodes are available"))
        let reporter = RecordingReporter()
        let launched = harness.start(PodHarness.launch(), PodHarness.attributes(), reporter)
        await harness.pass(.seconds(5))
        await end(harness, launched, reporter)
        #expect(harness.double.now < .seconds(20))
    }

    /// A pod that was there when the process died, and is not any more, is not made a second time under its name.
    @Test func aPodThatVanishedMeanwhileIsNotMadeAgain() async throws {
        let harness = PodHarness()
        harness.double.script(PodScript([.wait(.seconds(1)), .accept, .start(), .report(.running), .log("a")]))
        let (launch, reporter) = (PodHarness.launch(), RecordingReporter())
        let launched = await harness.startAndSeeRunning(reporter, launch)
        await harness.pass(.seconds(2))
        #expect(reporter.record.lines == ["a"])
        harness.die([launched], [reporter])
        // The object goes while the container runs on: its node is away.
        harness.double.loseNode("node-1")
        harness.double.vanish(try #require(harness.created.last))
        let (next, running) = harness.restarted()
        defer { running.cancel() }
        let second = RecordingReporter()
        second.hasWritten(reporter.left)
        let again = harness.start(launch, PodHarness.attributes(), second, on: next)
        #expect(await harness.failure(of: again)?.kind == .infrastructure)
        #expect(harness.double.objects(.pods).isEmpty)
        #expect(harness.created.count == 1)
    }

    @Test func aPodIsDeletedByItsUIDOnly() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds())
        let result = try await harness.run()
        var namesake = try #require(harness.double.object(.pods, result.name)?.objectValue)
        harness.double.vanish(result.name)
        namesake["metadata"] = ["name": .string(result.name)]
        namesake["status"] = nil
        harness.double.add(.pods, .object(namesake))
        harness.executor.endIsDurable(PodHarness.launch().id)
        await harness.pass(.seconds(60))
        #expect(harness.double.count(.delete, .pods) == 1)
        #expect(harness.double.object(.pods, result.name) != nil)
    }

    // MARK: - More memory

    private static let growing = PodHarness.attributes([
        "container_resources": ["limits": ["memory": "1Gi"]]
    ])

    private static func growingLaunch() -> TaskLaunch {
        var launch = PodHarness.launch()
        launch.task.executorConfig = ["on_oom": ["memory": "x2", "max": "4Gi"]]
        return launch
    }

    private static func growingHarness(_ change: (inout KubernetesSettings) -> Void = { _ in }) -> PodHarness {
        let harness = PodHarness(change: change)
        harness.double.script(.succeeds(after: .seconds(50), log: ["b"], message: "7"))
        harness.double.script(.ends(.init(137, reason: "OOMKilled"), log: ["a"]), times: 1)
        return harness
    }

    private func memory(_ harness: PodHarness) -> [String] {
        harness.double.objects(.pods).compactMap {
            $0["spec"]?["containers"]?[0]?["resources"]?["limits"]?["memory"]?.stringValue
        }
    }

    @Test func theNextPodHasMoreMemoryAndBothAreCleanedUp() async throws {
        let harness = Self.growingHarness()
        let reporter = RecordingReporter()
        let launched = harness.start(Self.growingLaunch(), Self.growing, reporter)
        #expect(await harness.double.advance(atMost: .seconds(60)) { reporter.record.lines == ["a", "b"] })
        #expect(memory(harness).sorted() == ["1Gi", "2Gi"])
        #expect(try await harness.end(of: launched).result == "7")
        harness.executor.endIsDurable(Self.growingLaunch().id)
        await harness.pass(.seconds(60))
        #expect(harness.double.objects(.pods).isEmpty)
    }

    @Test func aRestartGoesOnWithTheLaterPod() async throws {
        for isFirstGone in [false, true] {
            let harness = Self.growingHarness()
            let (launch, reporter) = (Self.growingLaunch(), RecordingReporter())
            let launched = harness.start(launch, Self.growing, reporter)
            #expect(await harness.double.advance(atMost: .seconds(60)) { reporter.record.lines == ["a", "b"] })
            harness.die([launched], [reporter])
            if isFirstGone { harness.double.deletePod(try #require(harness.created.first)) }
            let (next, running) = harness.restarted()
            defer { running.cancel() }
            let second = RecordingReporter()
            second.hasWritten(reporter.left)
            let result = try await harness.end(of: harness.start(launch, Self.growing, second, on: next))
            #expect(result.result == "7")
            #expect(second.record.lines == [])
            #expect(harness.created.count == 2, "\(isFirstGone)")
        }
    }

    @Test func aRestartKnowsWhatTheThirdPodAsksFor() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds(message: "7"))
        harness.double.script(.ends(.init(137, reason: "OOMKilled"), after: .seconds(20)), times: 2)
        let (launch, reporter) = (Self.growingLaunch(), RecordingReporter())
        let launched = harness.start(launch, Self.growing, reporter)
        #expect(await harness.double.advance(atMost: .seconds(60)) { harness.created.count == 2 })
        await harness.pass(.seconds(2))
        harness.die([launched], [reporter])
        let (next, running) = harness.restarted()
        defer { running.cancel() }
        let again = harness.start(launch, Self.growing, RecordingReporter(), on: next)
        #expect(try await harness.end(of: again).result == "7")
        #expect(memory(harness).sorted() == ["1Gi", "2Gi", "4Gi"])
    }
}
