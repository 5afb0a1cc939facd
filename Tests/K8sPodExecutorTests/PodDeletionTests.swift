import K8sPodExecutor
import KubernetesClient
import PipelineCore
import PipelineTestSupport
import Testing

/// A pod is the only witness of its result until that is in the store.
@Suite(.timeLimit(.minutes(20)))
struct PodDeletionTests {
    private static let day: Duration = .seconds(86_400)

    private func harness(_ script: PodScript = .succeeds(log: ["a"], message: "7")) -> PodHarness {
        let harness = PodHarness()
        harness.double.script(script)
        return harness
    }

    /// Time without anything to look at in between.
    private func pass(_ duration: Duration, _ harness: PodHarness) async {
        _ = await harness.double.advance(atMost: duration, step: .seconds(60)) { false }
    }

    @Test func aPodStaysUntilItsEndIsInTheStore() async throws {
        let harness = harness()
        let launch = PodHarness.launch()
        #expect(try await harness.run(launch).result == "7")
        await pass(.seconds(7_200), harness)
        #expect(harness.double.objects(.pods).count == 1)
        harness.executor.endIsDurable(launch.id)
        await harness.pass(.seconds(20))
        #expect(harness.double.objects(.pods).count == 1)
        await harness.pass(.seconds(20))
        #expect(harness.double.objects(.pods).isEmpty)
    }

    @Test func theEndOfAnotherLaunchDeletesNothing() async throws {
        let harness = harness()
        _ = try await harness.run(PodHarness.launch(number: 2))
        harness.executor.endIsDurable(PodHarness.launch("other", number: 9).id)
        harness.executor.endIsDurable(PodHarness.launch(number: 1).id)
        await harness.pass(.seconds(60))
        #expect(harness.double.objects(.pods).count == 1)
        harness.executor.endIsDurable(PodHarness.launch(number: 3).id)
        await harness.pass(.seconds(60))
        #expect(harness.double.objects(.pods).isEmpty)
    }

    /// "Mark failed" is in the store before the pod has ended.
    @Test func anEndMayBeInTheStoreBeforeItComes() async throws {
        let harness = harness(.succeeds(after: .seconds(20), message: "7"))
        let launch = PodHarness.launch()
        let launched = await harness.startAndSeeRunning(RecordingReporter(), launch)
        harness.executor.endIsDurable(launch.id)
        #expect(try await harness.end(of: launched).result == "7")
        #expect(harness.double.objects(.pods).count == 1)
        await harness.pass(.seconds(60))
        #expect(harness.double.objects(.pods).isEmpty)
    }

    @Test func aCrashBetweenEndAndCommitLosesNothingHoweverLongItLasts() async throws {
        let harness = harness()
        let (launch, first) = (PodHarness.launch(), RecordingReporter())
        let launched = harness.start(launch, PodHarness.attributes(), first)
        #expect(try await harness.end(of: launched).result == "7")
        harness.die([launched], [first])
        await pass(Self.day, harness)
        let (next, running) = harness.restarted()
        defer { running.cancel() }
        // The store knows the launch as running.
        let sweep = Task { try await next.sweep { _, _ in false } }
        let second = RecordingReporter()
        second.hasWritten(first.left)
        let again = harness.start(launch, PodHarness.attributes(), second, on: next)
        #expect(try await harness.end(of: again).result == "7")
        #expect(first.record.lines + second.record.lines == ["a"])
        #expect(harness.created.count == 1)
        #expect(try await sweep.value == 0)
    }

    @Test func aCrashBetweenCommitAndDeletionLeavesNoPod() async throws {
        let harness = harness()
        let kept = PodHarness.attributes(["on_finish_action": "keep_pod"])
        for (task, attributes) in [("a", PodHarness.attributes()), ("b", kept), ("unknown", PodHarness.attributes())] {
            _ = try await harness.run(PodHarness.launch(task), attributes)
        }
        harness.double.script(.runsForever, for: .label("task_id", "zombie"))
        let (zombie, reporter) = (PodHarness.launch("zombie"), RecordingReporter())
        // One that was marked failed, with a process that died before it could end the pod.
        let running = await harness.startAndSeeRunning(reporter, zombie, kept)
        harness.die([running], [reporter])
        let (next, following) = harness.restarted()
        defer { following.cancel() }
        let sweep = Task { try await next.sweep { _, task in task.taskID != "unknown" } }
        #expect(await harness.double.advance(atMost: .seconds(120)) { harness.double.objects(.pods).count == 2 })
        #expect(try await sweep.value == 2)
        #expect(Set(harness.double.objects(.pods).compactMap { $0["metadata"]?["labels"]?["task_id"]?.stringValue }) == ["b", "unknown"])
        #expect(harness.double.livePods.isEmpty)
        #expect(harness.double.count(.list, .pods) == 2)
    }

    @Test func aSweepLeavesLaunchesAloneThatAreInHand() async throws {
        let harness = harness(.succeeds(after: .seconds(20), message: "7"))
        let (launch, reporter) = (PodHarness.launch(), RecordingReporter())
        let launched = await harness.startAndSeeRunning(reporter, launch)
        harness.die([launched], [reporter])
        let (next, running) = harness.restarted()
        defer { running.cancel() }
        let again = harness.start(launch, PodHarness.attributes(), RecordingReporter(), on: next)
        let sweep = Task { try await next.sweep { _, _ in true } }
        #expect(try await harness.end(of: again).result == "7")
        #expect(try await sweep.value == 0)
    }

    /// A process that ends with its run has no time for deletions to come.
    @Test func aRunThatEndsTakesAllPodsAlongThatNobodyKeeps() async throws {
        let harness = harness()
        harness.double.script(.fails(1), for: .label("task_id", "bad"))
        let succeeded = PodHarness.attributes(["on_finish_action": "delete_succeeded_pod"])
        for (task, attributes) in [("a", PodHarness.attributes()), ("b", succeeded), ("bad", succeeded)] {
            _ = try await harness.run(PodHarness.launch(task), attributes)
            harness.executor.endIsDurable(PodHarness.launch(task).id)
        }
        let ended = Task { try await harness.executor.runEnded(PodHarness.launch().run.key) }
        await harness.pass(.seconds(5))
        try await ended.value
        #expect(harness.double.objects(.pods).compactMap { $0["metadata"]?["labels"]?["task_id"]?.stringValue } == ["bad"])
        #expect(harness.double.count(.delete, .pods) == 1)
    }

    // MARK: - Deletions that fail

    @Test func aDeletionThatFailsIsToldAndTriedAgain() async throws {
        let harness = harness()
        harness.double.configure { $0.denied.insert("delete pods") }
        let result = try await harness.run()
        harness.executor.endIsDurable(PodHarness.launch().id)
        await harness.pass(.seconds(240))
        #expect(harness.warnings.all.count == 1, "the same reason is told once")
        #expect(harness.warnings.all.first?.contains(result.name) == true)
        #expect(harness.warnings.all.first?.contains("delete") == true)
        let asked = harness.double.count(.delete, .pods)
        #expect((2...4).contains(asked), "\(asked)")
        harness.double.configure { $0.denied = [] }
        await harness.pass(.seconds(600))
        #expect(harness.double.objects(.pods).isEmpty)
    }

    @Test func atTheEndOfARunItIsToldWhatIsLeft() async throws {
        let harness = harness()
        let attributes = PodHarness.attributes(["on_finish_action": "delete_succeeded_pod"])
        let result = try await harness.run(PodHarness.launch(), attributes)
        harness.executor.endIsDurable(PodHarness.launch().id)
        harness.double.configure { $0.denied.insert("delete pods") }
        let ended = Task { try await harness.executor.runEnded(PodHarness.launch().run.key) }
        await harness.pass(.seconds(5))
        do {
            try await ended.value
            Issue.record("the pod is left")
        } catch let left as PodsLeft {
            #expect(left.description.contains(result.name))
        }
        harness.double.configure { $0.denied = [] }
        await harness.pass(.seconds(120))
        #expect(harness.double.objects(.pods).isEmpty)
    }

    @Test func aRunWhoseOwnerCannotBeDeletedKeepsItsDeletions() async throws {
        let harness = harness()
        _ = try await harness.run()
        harness.executor.endIsDurable(PodHarness.launch().id)
        harness.double.configure { $0.denied.insert("delete configmaps") }
        let ended = Task { try await harness.executor.runEnded(PodHarness.launch().run.key) }
        await harness.pass(.seconds(5))
        await #expect(throws: KubernetesError.self) { try await ended.value }
        await harness.pass(.seconds(60))
        #expect(harness.double.objects(.pods).isEmpty)
    }

    @Test func aPodThatIsNotWantedIsDeletedHoweverLongThatTakes() async throws {
        let harness = harness(.runsForever)
        let reporter = RecordingReporter()
        let launched = await harness.startAndSeeRunning(reporter)
        harness.double.configure { $0.denied.insert("delete pods") }
        reporter.terminate(.stateSet)
        launched.task.cancel()
        await harness.pass(.seconds(60))
        #expect(reporter.record.notes.contains { $0.contains("tried again") })
        harness.double.configure { $0.denied = [] }
        await harness.pass(.seconds(120))
        #expect(harness.double.livePods.isEmpty && launched.isOver)
    }

    /// Nobody knows whether the creation took effect, and nobody can be asked.
    @Test func aPodThatMayBeThereIsLookedForHoweverLongThatTakes() async throws {
        let harness = harness(.runsForever)
        harness.double.inject(.internalErrorAfterEffect, on: .init(.create, .pods))
        let reporter = RecordingReporter()
        let launched = harness.start(PodHarness.launch(), PodHarness.attributes(), reporter)
        #expect(await harness.double.advance(atMost: .seconds(5), step: .milliseconds(10)) { harness.created.count == 1 })
        harness.double.configure { $0.denied.insert("get pods") }
        reporter.terminate(.stateSet)
        launched.task.cancel()
        await harness.pass(.seconds(30))
        #expect(reporter.record.notes.contains { $0.contains("may be there") }, "\(reporter.record.notes)")
        harness.double.configure { $0.denied = [] }
        await harness.pass(.seconds(120))
        #expect(harness.double.livePods.isEmpty)
    }
}
