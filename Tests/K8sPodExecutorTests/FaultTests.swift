import K8sPodExecutor
import KubernetesClient
import PipelineCore
import PipelineTestSupport
import Testing

/// What the API, its watches and the nodes do wrong while a pod runs.
@Suite(.timeLimit(.minutes(20)))
struct FaultTests {
    private static func harness(after run: Duration = .seconds(20)) -> PodHarness {
        let harness = PodHarness()
        harness.double.script(.succeeds(after: run, log: ["a", "b"], message: "7"))
        return harness
    }

    @Test func tooManyRequestsAndErrorsDelayTheCreation() async throws {
        let faults: [KubernetesDouble.Fault] = [
            .tooManyRequests, .internalError, .unavailable(retryAfter: 5), .gatewayTimeout, .resetBeforeEffect,
        ]
        for fault in faults {
            let harness = Self.harness()
            harness.double.inject(fault, on: .init(.create, .pods), calls: 1...3)
            harness.double.inject(fault, on: .init(.patch, .configmaps), calls: 1...2)
            let reporter = RecordingReporter()
            #expect(try await harness.run(PodHarness.launch(), PodHarness.attributes(), reporter).result == "7")
            #expect(harness.created.count == 4)
            #expect(reporter.record.waits.contains { $0?.contains("does not answer") == true })
        }
    }

    @Test func aCreationWhoseAnswerIsLostIsFound() async throws {
        let faults: [KubernetesDouble.Fault] = [.internalErrorAfterEffect, .resetAfterEffect, .hangsAfterEffect]
        for fault in faults {
            let harness = Self.harness()
            harness.double.inject(fault, on: .init(.create, .pods))
            #expect(try await harness.run().result == "7")
            #expect(harness.double.objects(.pods).count == 1)
            #expect(Set(harness.created).count == 1)
        }
    }

    @Test func whatRBACForbidsIsSaidWithItsRole() async throws {
        for (denied, resource) in [("create pods", "pods"), ("patch configmaps", "configmaps")] {
            let harness = Self.harness()
            harness.double.configure { $0.denied = [denied] }
            let failure = await harness.failure()
            #expect(failure?.kind == .configuration)
            #expect(failure?.message.contains("kind: Role") == true, "\(String(describing: failure))")
            #expect(failure?.message.contains("resources: [\"\(resource)\"]") == true)
        }
    }

    @Test func aSilentWatchIsGivenUp() async throws {
        let harness = Self.harness()
        let launched = await harness.startAndSeeRunning(RecordingReporter())
        harness.double.silenceWatches()
        let before = harness.double.now
        #expect(try await harness.end(of: launched).result == "7")
        #expect(harness.double.now - before < .seconds(120))
    }

    /// What a watch that has fallen silent showed last is no reason to fail a try.
    @Test func aSilentWatchDoesNotFailAPodThatRuns() async throws {
        let harness = Self.harness(after: .seconds(60))
        let launched = harness.start(
            PodHarness.launch(), PodHarness.attributes(["startup_timeout_seconds": 20]), RecordingReporter())
        #expect(await harness.double.advance(atMost: .seconds(5), step: .milliseconds(10)) { harness.created.count == 1 })
        harness.double.silenceWatches()
        #expect(try await harness.end(of: launched).result == "7")
    }

    @Test func aPodThatAStaleListDoesNotShowHasNotVanished() async throws {
        let harness = Self.harness(after: .seconds(60))
        let launched = await harness.startAndSeeRunning(RecordingReporter())
        harness.double.inject(.stale(by: 30), on: .init(.list, .pods), calls: 1...4)
        harness.double.compact()
        harness.double.endWatches(broken: true)
        #expect(try await harness.end(of: launched).result == "7")
        #expect(harness.created.count == 1)
    }

    @Test func anAPIThatIsAwayForTenMinutesFailsNothing() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds(after: .seconds(60), log: ["a", "b"], message: "7"))
        harness.double.script(
            .ends(.init(0, message: "8"), pull: .seconds(60)), for: .label("task_id", "pending"))
        let reporter = RecordingReporter()
        let pending = harness.start(PodHarness.launch("pending"), PodHarness.attributes(), RecordingReporter())
        let launched = await harness.startAndSeeRunning(reporter)
        harness.double.stopServer(for: .seconds(600))
        let queued = harness.start(PodHarness.launch("queued"), PodHarness.attributes(), RecordingReporter())
        await harness.pass(.seconds(590))
        #expect(!pending.isOver && !launched.isOver && !queued.isOver)
        #expect(try await harness.end(of: launched).result == "7")
        #expect(try await harness.end(of: pending).result == "8")
        #expect(try await harness.end(of: queued).result == "7")
        #expect(reporter.record.lines == ["a", "b"])
        #expect(Set(harness.created).count == 3)
    }

    @Test func aNodeThatComesBackLosesNothing() async throws {
        let harness = Self.harness(after: .seconds(100))
        let reporter = RecordingReporter()
        let launched = await harness.startAndSeeRunning(reporter)
        harness.double.loseNode("node-1")
        await harness.pass(.seconds(200))
        #expect(!launched.isOver)
        harness.double.recoverNode("node-1")
        #expect(try await harness.end(of: launched).result == "7")
        #expect(reporter.record.lines == ["a", "b"])
    }

    @Test func aNodeThatStaysAwayIsNoFailureOfTheTask() async throws {
        let harness = Self.harness(after: .seconds(100_000))
        let launched = await harness.startAndSeeRunning(RecordingReporter())
        harness.double.loseNode("node-1", isOff: true)
        let failure = await harness.failure(of: launched, within: .seconds(1_200))
        #expect(failure?.kind == .infrastructure)
        #expect(failure?.message.contains("node does not say") == true)
    }

    @Test func aLaunchThatIsEndedOnALostNodeIsNotWaitedForForEver() async throws {
        let harness = Self.harness(after: .seconds(100_000))
        let reporter = RecordingReporter()
        let launched = await harness.startAndSeeRunning(reporter)
        harness.double.loseNode("node-1")
        reporter.terminate(.stateSet)
        launched.task.cancel()
        await harness.pass(.seconds(250))
        #expect(!launched.isOver)
        await #expect(throws: CancellationError.self) { try await harness.end(of: launched, within: .seconds(100)) }
        #expect(reporter.record.notes.contains { $0.contains("node does not say") })
    }

    @Test func aPodThatIsDeletedFromOutsideIsNoticedSoon() async throws {
        let harness = PodHarness()
        harness.double.script(.neverFits("0/1 nodes are available"), for: .label("task_id", "pending"))
        harness.double.script(.runsForever, for: .label("task_id", "runs"))
        for task in ["pending", "runs"] {
            let launched = harness.start(PodHarness.launch(task), PodHarness.attributes(), RecordingReporter())
            await harness.pass(.seconds(5))
            let name = try #require(harness.created.last)
            harness.double.deletePod(name)
            #expect(await harness.failure(of: launched, within: .seconds(40))?.kind == .infrastructure, "\(task)")
        }
        #expect(harness.double.livePods.isEmpty)
    }

    @Test func aPodThatVanishesCostsFewLists() async throws {
        let harness = PodHarness()
        harness.double.script(.runsForever)
        let launched = await harness.startAndSeeRunning(RecordingReporter())
        harness.double.vanish(try #require(harness.created.last))
        let before = harness.double.count(.list, .pods)
        #expect(await harness.failure(of: launched)?.kind == .infrastructure)
        #expect(harness.double.count(.list, .pods) - before <= 4)
    }

    @Test func manyPodsThatVanishShareTheirLists() async throws {
        let harness = PodHarness()
        harness.double.script(.runsForever)
        let reporters = (0..<30).map { _ in RecordingReporter() }
        let launched = reporters.enumerated().map { index, reporter in
            harness.start(PodHarness.launch("t\(index)"), PodHarness.attributes(), reporter)
        }
        let areRunning = await harness.double.advance(atMost: .seconds(60)) {
            reporters.allSatisfy { !$0.record.hosts.isEmpty }
        }
        #expect(areRunning)
        let before = harness.double.count(.list, .pods)
        for name in harness.created { harness.double.vanish(name) }
        for launched in launched { #expect(await harness.failure(of: launched)?.kind == .infrastructure) }
        #expect(harness.double.count(.list, .pods) - before <= 6)
    }

    /// All pods of an owner that is gone are deleted at once.
    @Test func anOwnerThatSomebodyHasDeletedIsMadeAnew() async throws {
        let harness = Self.harness()
        let launched = await harness.startAndSeeRunning(RecordingReporter())
        let owner = try #require(harness.double.objects(.configmaps).first).podName
        let stranger = KubernetesAPI(
            server: "http://double", namespace: PodHarness.namespace, http: harness.double.client, clock: harness.clock,
            seed: 2)
        try await stranger.delete(.configMaps, owner)
        #expect(await harness.failure(of: launched)?.kind == .infrastructure)
        #expect(try await harness.run(PodHarness.launch(number: 2)).result == "7")
        #expect(harness.double.objects(.configmaps).count == 1)
    }

    @Test func aClockThatIsWrongLosesNoLine() async throws {
        for skew in [Duration.seconds(-3_600), .seconds(-20), .seconds(20), .seconds(3_600)] {
            let harness = PodHarness(nodes: [.init("node-1", clockSkew: skew)])
            let lines = (0..<10).map { "line \($0)" }
            harness.double.script(.succeeds(after: .seconds(20), log: lines, message: "7"))
            let (launch, reporter) = (PodHarness.launch(), RecordingReporter())
            let launched = await harness.startAndSeeRunning(reporter, launch)
            await harness.pass(.seconds(7))
            harness.die([launched], [reporter])
            let (next, running) = harness.restarted()
            defer { running.cancel() }
            let second = RecordingReporter()
            second.hasWritten(reporter.left)
            let again = harness.start(launch, PodHarness.attributes(), second, on: next)
            #expect(try await harness.end(of: again).result == "7", "\(skew)")
            #expect(reporter.record.lines + second.record.lines == lines, "\(skew)")
        }
    }

    /// The next launch of a try writes to the same log, from a node whose clock may be behind the first one's.
    @Test func linesOfAnEarlierPodHideNoneOfALaterOne() async throws {
        let harness = PodHarness(nodes: [.init("node-1", clockSkew: .seconds(-60))])
        harness.double.script(.succeeds(log: ["a", "b"], message: "7"))
        let reporter = RecordingReporter()
        reporter.hasWritten(WrittenLines(newest: harness.clock.timestamp, inNewestSecond: 5, inSecondBefore: 5))
        #expect(try await harness.run(PodHarness.launch(number: 2), PodHarness.attributes(), reporter).result == "7")
        #expect(reporter.record.lines == ["a", "b"])
    }
}
