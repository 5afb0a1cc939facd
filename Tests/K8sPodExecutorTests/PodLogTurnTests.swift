import K8sPodExecutor
import PipelineCore
import PipelineTestSupport
import Testing

/// Logs beyond those that are followed: read in turns, and whole at the end.
@Suite(.timeLimit(.minutes(20)))
struct PodLogTurnTests {
    private static func harness(followed: Int) -> PodHarness { PodHarness { $0.followedLogs = followed } }

    private static func script(_ name: String, after run: Duration, lines: Int = 10) -> PodScript {
        .succeeds(after: run, log: Self.lines(name, lines), message: "7")
    }

    private static func lines(_ name: String, _ count: Int = 10) -> [String] { (0..<count).map { "\(name) \($0)" } }

    private func start(
        _ harness: PodHarness, _ count: Int, after run: Duration, lines: Int = 10
    ) -> (launched: [Launched], reporters: [RecordingReporter]) {
        let reporters = (0..<count).map { _ in RecordingReporter() }
        let launched = reporters.enumerated().map { index, reporter in
            harness.double.script(Self.script("t\(index)", after: run, lines: lines), for: .label("task_id", "t\(index)"))
            return harness.start(PodHarness.launch("t\(index)"), PodHarness.attributes(), reporter)
        }
        return (launched, reporters)
    }

    /// Nothing is lost, nothing comes twice, whatever a log's place.
    @Test(arguments: [0, 1, 3, 100])
    func allLinesComeOnceAndInOrder(_ followed: Int) async throws {
        let harness = Self.harness(followed: followed)
        let (launched, reporters) = start(harness, 6, after: .seconds(300), lines: 40)
        for launched in launched { #expect(try await harness.end(of: launched).result == "7") }
        for (index, reporter) in reporters.enumerated() {
            #expect(reporter.record.lines == Self.lines("t\(index)", 40), "\(followed)")
        }
    }

    @Test func aShortPodCostsTwoCallsWhateverItsPlace() async throws {
        let harness = Self.harness(followed: 2)
        let (launched, _) = start(harness, 20, after: .seconds(20))
        for launched in launched { _ = try await harness.end(of: launched) }
        #expect(harness.double.count(.create, .pods) == 20)
        #expect(harness.double.count(.get, .pods, subresource: "log") == 20)
    }

    @Test func noLogStaysUnreadForLongerThanAboutAMinute() async throws {
        let harness = Self.harness(followed: 1)
        let (launched, reporters) = start(harness, 8, after: .seconds(600), lines: 60)
        #expect(await harness.double.advance(atMost: .seconds(60)) { reporters.allSatisfy { !$0.record.hosts.isEmpty } })
        var seen = reporters.map { _ in 0 }
        for minute in 1...8 {
            await harness.pass(.seconds(66))
            for (index, reporter) in reporters.enumerated() {
                let count = reporter.record.lines.count
                #expect(count > seen[index], "log \(index) in minute \(minute)")
                seen[index] = count
            }
        }
        for launched in launched { _ = try await harness.end(of: launched) }
    }

    @Test func aPlaceGoesToWhoWasReadLongestAgo() async throws {
        let harness = Self.harness(followed: 1)
        let (short, _) = start(harness, 1, after: .seconds(15))
        #expect(await harness.double.advance(atMost: .seconds(30)) { harness.double.count(.get, .pods, subresource: "log") == 1 })
        let reporter = RecordingReporter()
        harness.double.script(Self.script("long", after: .seconds(50)), for: .label("task_id", "long"))
        let long = harness.start(PodHarness.launch("long"), PodHarness.attributes(), reporter)
        _ = try await harness.end(of: short[0])
        await harness.pass(.seconds(15))
        #expect(!reporter.record.lines.isEmpty, "it is followed before its first turn")
        _ = try await harness.end(of: long)
        #expect(reporter.record.lines == Self.lines("long"))
    }

    @Test func aNodeThatDoesNotAnswerHoldsUpNoOthersTurn() async throws {
        let harness = Self.harness(followed: 0)
        harness.double.inject(.hangsBeforeEffect, on: .init(.get, .pods, subresource: "log"), calls: 1...4)
        let (launched, reporters) = start(harness, 8, after: .seconds(600), lines: 60)
        await harness.pass(.seconds(300))
        #expect(reporters.allSatisfy { !$0.record.lines.isEmpty })
        for launched in launched { _ = try await harness.end(of: launched) }
        for (index, reporter) in reporters.enumerated() { #expect(reporter.record.lines == Self.lines("t\(index)", 60)) }
    }

    @Test func aRestartGoesOnWithLogsThatAreReadInTurns() async throws {
        let harness = Self.harness(followed: 0)
        let (launched, reporters) = start(harness, 3, after: .seconds(300), lines: 30)
        await harness.pass(.seconds(100))
        harness.die(launched, reporters)
        let (next, running) = harness.restarted { $0.followedLogs = 0 }
        defer { running.cancel() }
        for (index, first) in reporters.enumerated() {
            let second = RecordingReporter()
            second.hasWritten(first.left)
            let again = harness.start(PodHarness.launch("t\(index)"), PodHarness.attributes(), second, on: next)
            #expect(try await harness.end(of: again).result == "7")
            #expect(first.record.lines + second.record.lines == Self.lines("t\(index)", 30))
        }
    }

    @Test func whatAContainerSaysAtItsEndIsWrittenDownWithoutAPlace() async throws {
        let harness = Self.harness(followed: 0)
        var script = PodScript.runsForever
        script.termination = PodTermination(after: .seconds(3), exitCode: 0, lines: ["checkpoint saved"])
        harness.double.script(script)
        let reporter = RecordingReporter()
        let launched = await harness.startAndSeeRunning(reporter)
        await harness.pass(.seconds(2))
        reporter.terminate(.stateSet)
        launched.task.cancel()
        await #expect(throws: CancellationError.self) { try await harness.end(of: launched) }
        #expect(reporter.record.lines == ["checkpoint saved"])
    }

    /// One process is asked twice for the same launch: both get its end.
    @Test func aLaunchThatIsAskedForTwiceEndsTwice() async throws {
        let harness = Self.harness(followed: 100)
        harness.double.script(.succeeds(after: .seconds(5), message: "7"))
        let launched = (0..<2).map { _ in harness.start(PodHarness.launch(), PodHarness.attributes(), RecordingReporter()) }
        for launched in launched { #expect(try await harness.end(of: launched).result == "7") }
        #expect(Set(harness.created).count == 1)
        harness.executor.endIsDurable(PodHarness.launch().id)
        await harness.pass(.seconds(60))
        #expect(harness.double.objects(.pods).isEmpty)
    }

    /// A certificate that is being replaced, a plugin that fails for a while.
    @Test func anAPIThatCannotBeReachedForAWhileFailsNoTask() async throws {
        let harness = Self.harness(followed: 100)
        harness.double.script(.succeeds(message: "7"))
        harness.double.inject(.tlsFails, on: .init(.create, .pods), calls: 1...6)
        let reporter = RecordingReporter()
        #expect(try await harness.run(PodHarness.launch(), PodHarness.attributes(), reporter).result == "7")
        #expect(reporter.record.waits.contains { $0?.contains("cannot be reached") == true })
    }

    @Test func anAPIThatStaysOutOfReachIsSaid() async throws {
        let harness = Self.harness(followed: 100)
        harness.double.inject(.tlsFails, on: .init(.create, .pods), calls: 1...100_000)
        let launched = harness.start(PodHarness.launch(), PodHarness.attributes(), RecordingReporter())
        #expect(await harness.failure(of: launched)?.kind == .configuration)
        #expect(harness.double.now > .seconds(600))
    }
}
