import K8sPodExecutor
import KubernetesClient
import PipelineCore
import PipelineTestSupport
import Testing

/// Bugs of Airflow's executor around restarts of the scheduler, adoption and duplicates, by their number in our list.
@Suite(.timeLimit(.minutes(20)))
struct RestartPainTests {
    private static let slowStart = PodScript.ends(.init(0, message: "7"), pull: .seconds(20))

    /// Dies, and hands the same launch to the next process.
    private func restart(
        _ harness: PodHarness, _ launched: Launched, _ reporter: RecordingReporter, _ launch: TaskLaunch
    ) async throws -> PodResult {
        harness.die([launched], [reporter])
        let (next, running) = harness.restarted()
        defer { running.cancel() }
        let second = RecordingReporter()
        second.hasWritten(reporter.left)
        return try await harness.end(of: harness.start(launch, PodHarness.attributes(), second, on: next))
    }

    /// apache/airflow#35676: pods that were still pending were launched a second time.
    @Test func row1_pendingPodsAreAdopted() async throws {
        let harness = PodHarness()
        harness.double.script(Self.slowStart)
        let (launch, reporter) = (PodHarness.launch(), RecordingReporter())
        let launched = harness.start(launch, PodHarness.attributes(), reporter)
        #expect(await harness.double.advance(atMost: .seconds(10)) { harness.created.count == 1 })
        await harness.pass(.seconds(2))
        #expect(try await restart(harness, launched, reporter, launch).result == "7")
        #expect(harness.created.count == 1)
    }

    /// #26888, #29800: a new scheduler's start failed the running tasks of the old one.
    @Test func row2_aShutdownTouchesNoPod() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds(after: .seconds(20), message: "7"))
        let (launch, reporter) = (PodHarness.launch(), RecordingReporter())
        let launched = await harness.startAndSeeRunning(reporter, launch)
        reporter.terminate(.shutdown)
        launched.task.cancel()
        await #expect(throws: CancellationError.self) { try await launched.task.value }
        #expect(harness.double.livePods.count == 1)
        #expect(try await restart(harness, launched, reporter, launch).result == "7")
        for verb in [KubernetesDouble.Verb.delete, .deletecollection, .patch, .update] {
            #expect(harness.double.count(verb, .pods) == 0, "\(verb)")
        }
    }

    /// #31198: two schedulers that were both alive adopted from each other and deleted pods.
    @Test func row3_twoExecutorsOfOneLaunchShareItsPod() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds(after: .seconds(5), message: "7"))
        let (other, running) = harness.restarted()
        defer { running.cancel() }
        let launch = PodHarness.launch()
        let first = harness.start(launch, PodHarness.attributes(), RecordingReporter())
        let second = harness.start(launch, PodHarness.attributes(), RecordingReporter(), on: other)
        #expect(try await harness.end(of: first).result == "7")
        #expect(try await harness.end(of: second).result == "7")
        #expect(Set(harness.created).count == 1)
        #expect(harness.double.count(.delete, .pods) == 0)
    }

    /// #35675 and others: an executor's own set of what runs leaked until nothing was launched any more.
    @Test func row4_aLaunchThatHasEndedCanBeAskedForAgain() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds(message: "7"))
        for _ in 1...3 { #expect(try await harness.run().result == "7") }
        #expect(harness.created.count == 1)
        #expect(try await harness.run(PodHarness.launch("other")).exitCode == 0)
    }

    /// #69760: a pod was started for a launch that another one had taken the place of.
    @Test func row5_aSupersededLaunchLeavesNoContainer() async throws {
        let harness = PodHarness()
        harness.double.script(.runsForever)
        let reporter = RecordingReporter()
        let launched = await harness.startAndSeeRunning(reporter)
        reporter.terminate(.superseded)
        launched.task.cancel()
        await #expect(throws: CancellationError.self) { try await harness.end(of: launched) }
        #expect(harness.double.livePods.isEmpty)
        let next = RecordingReporter()
        let again = await harness.startAndSeeRunning(next, PodHarness.launch(number: 2))
        #expect(Set(harness.created).count == 2)
        #expect(harness.double.livePods.count == 1)
        next.terminate(.shutdown)
        again.task.cancel()
    }

    /// #22612: adoption patched each of thousands of completed pods.
    @Test func row6_adoptionCostsOneListAndNoWrite() async throws {
        let harness = PodHarness(nodes: [.init("node-1", cpu: 64)])
        harness.double.script(.succeeds(message: "7"))
        let launches = (0..<40).map { PodHarness.launch("t\($0)") }
        let reporters = launches.map { _ in RecordingReporter() }
        let launched = zip(launches, reporters).map { harness.start($0, PodHarness.attributes(), $1) }
        #expect(await harness.double.advance(atMost: .seconds(60)) { launched.allSatisfy(\.isOver) })
        harness.die(launched, reporters)

        let before = harness.double.calls.count
        let (next, running) = harness.restarted()
        defer { running.cancel() }
        let again = launches.map { harness.start($0, PodHarness.attributes(), RecordingReporter(), on: next) }
        #expect(await harness.double.advance(atMost: .seconds(20)) { again.allSatisfy(\.isOver) })
        for launched in again { #expect(try await launched.task.value.result == "7") }
        let calls = harness.double.calls[before...]
        #expect(calls.count { $0.verb == .list } == 1)
        #expect(calls.count { $0.subresource == "log" } == 40)
        #expect(Set(calls.map(\.verb)).isSubset(of: [.list, .watch, .get]))
    }

    /// #57553: completed pods were only cleaned up by adoption, and leaked.
    @Test func row7_finishedPodsGoByThemselves() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds())
        let (launch, reporter) = (PodHarness.launch(), RecordingReporter())
        let launched = harness.start(launch, PodHarness.attributes(), reporter)
        _ = try await harness.end(of: launched)
        #expect(harness.double.objects(.pods).count == 1)
        harness.executor.endIsDurable(launch.id)
        #expect(await harness.double.advance(atMost: .seconds(60)) { harness.double.objects(.pods).isEmpty })
        #expect(try await harness.run(PodHarness.launch("other")).exitCode == 0)
        try await harness.executor.runEnded(launch.run.key)
        await harness.pass(.seconds(5))
        #expect(harness.double.objects(.pods).isEmpty)
        #expect(harness.double.objects(.configmaps).isEmpty)
    }

    /// What an earlier process made for a run goes with the run, too.
    @Test func row7_aRunIsCleanedUpAfterARestart() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds())
        let (launch, reporter) = (PodHarness.launch(), RecordingReporter())
        let launched = harness.start(launch, PodHarness.attributes(), reporter)
        _ = try await harness.end(of: launched)
        harness.die([launched], [reporter])
        let (next, running) = harness.restarted()
        defer { running.cancel() }
        try await next.runEnded(launch.run.key)
        await harness.pass(.seconds(5))
        #expect(harness.double.objects(.pods).isEmpty)
        #expect(harness.double.objects(.configmaps).isEmpty)
        // Nothing is left to do.
        try await next.runEnded(launch.run.key)
    }

    /// #20690: adoption wrote the whole pod again, and a doubled variable in it was refused.
    @Test func row8_noPodIsWrittenAgain() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds(after: .seconds(10), message: "7"))
        let (launch, reporter) = (PodHarness.launch(), RecordingReporter())
        let twice: JSONValue = [["name": "A", "value": "1"], ["name": "A", "value": "2"]]
        let launched = await harness.startAndSeeRunning(reporter, launch, PodHarness.attributes(["env_vars": twice]))
        #expect(try await restart(harness, launched, reporter, launch).result == "7")
        #expect(harness.double.count(.patch, .pods) == 0)
        #expect(harness.double.count(.update, .pods) == 0)
    }

    /// #10544: pods were looked for by labels, which two installations in one namespace share, and which are cut at 63.
    @Test func row9_twoInstallationsInOneNamespaceKeepApart() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds(message: "ours"))
        harness.double.script(.succeeds(message: "theirs"), for: .label("pipeline.ml/installation", "other"))
        let (other, running) = harness.restarted { $0.installation = "other" }
        defer { running.cancel() }
        let id = String(repeating: "long", count: 20)
        let launches = [PodHarness.launch(id + "a"), PodHarness.launch(id + "b")]
        let ours = launches.map { harness.start($0, PodHarness.attributes(), RecordingReporter()) }
        let theirs = launches.map { harness.start($0, PodHarness.attributes(), RecordingReporter(), on: other) }
        for launched in ours { #expect(try await harness.end(of: launched).result == "ours") }
        for launched in theirs { #expect(try await harness.end(of: launched).result == "theirs") }
        #expect(Set(harness.created).count == 4)
        try await other.runEnded(launches[0].run.key)
        await harness.pass(.seconds(2))
        #expect(harness.double.objects(.pods).count == 2)
    }

    /// #10541: the process that waited for a pod died, and its task hung in up_for_retry while the pod lived.
    @Test func row10_theProcessDiesAndTheResultStillComes() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds(after: .seconds(10), message: "7"))
        let (launch, reporter) = (PodHarness.launch(), RecordingReporter())
        let launched = await harness.startAndSeeRunning(reporter, launch)
        harness.die([launched], [reporter])
        // It ends while nobody is there.
        await harness.pass(.seconds(30))
        #expect(harness.double.livePods.isEmpty)
        #expect(try await restart(harness, launched, reporter, launch).result == "7")
        #expect(harness.created.count == 1)
    }
}
