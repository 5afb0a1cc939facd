import K8sPodExecutor
import PipelineCore
import PipelineTestSupport
import TaskTokens
import Testing

/// Launches that a worker in a pod runs: its reports and its pod together.
@Suite(.timeLimit(.minutes(20)))
struct WorkerRunTests {
    private func failure(_ harness: PodHarness, _ launch: TaskLaunch = PodHarness.launch()) async -> PodFailure? {
        do {
            let end = try await LaunchedWorker(harness, launch, RecordingReporter()).end(on: harness)
            Issue.record("it ended: \(end)")
        } catch {
            return error as? PodFailure
        }
        return nil
    }

    private func token(_ pod: JSONValue) throws -> String {
        let text = try #require(pod["spec"]?["containers"]?[0]?["args"]?[4]?.stringValue)
        return try #require(try JSONValue.parse(text)["token"]?.stringValue)
    }

    @Test func whatTheWorkerReportsIsWhatBecameOfIt() async throws {
        let harness = PodHarness()
        harness.double.script(.ends(after: .seconds(3), log: ["hello"]))
        let reporter = RecordingReporter()
        let end = try await ScriptedWorker.reports(.skipped()).play(on: harness, PodHarness.launch(), reporter)
        #expect(end == .outcome(.skipped()))
        #expect(reporter.record.hosts == ["node-1"] && reporter.record.images == ["sha256:23ce848933ea984323a23756957afc30"])
        #expect(reporter.record.lines == ["hello"])
        #expect(harness.created.count == 1)
    }

    /// Airflow's worker ends with 0 when its task has failed.
    @Test func aFailureWithExitCodeZeroIsAFailure() async throws {
        let harness = PodHarness()
        harness.double.script(.ends(Exit(0), after: .seconds(3)))
        let end = try await ScriptedWorker.reports(.failedMayRetry(reason: "ValueError")).play(on: harness)
        #expect(end == .outcome(.failedMayRetry(reason: "ValueError")))
    }

    @Test func aWorkerThatSaysNothingIsLostOnceAndFailsThen() async throws {
        let harness = PodHarness()
        harness.double.script(.ends(Exit(0), after: .seconds(1)))
        let silent = ScriptedWorker()
        guard case .lost(let reason) = try await silent.play(on: harness) else {
            Issue.record("not lost")
            return
        }
        #expect(reason.contains("without reporting"))
        var again = PodHarness.launch(number: 2)
        again.instance.lossCount = 1
        guard case .outcome(.died) = try await silent.play(on: harness, again) else {
            Issue.record("no failure")
            return
        }
        #expect(Set(harness.created).count == 2, "another launch is another pod")
    }

    @Test func aPodThatRunsOnAfterTheLastWordIsEnded() async throws {
        let harness = PodHarness()
        harness.double.script(.runsForever)
        let end = try await ScriptedWorker.reports(.success()).play(on: harness)
        #expect(end == .outcome(.success()))
        #expect(harness.double.livePods.isEmpty)
        #expect(harness.double.now > .seconds(30) && harness.double.now < .seconds(60), "\(harness.double.now)")
    }

    @Test func aPodThatIsEvictedAfterTheLastWordChangesNothing() async throws {
        let harness = PodHarness()
        harness.double.script(.runsForever)
        let (launch, reporter) = (PodHarness.launch(), RecordingReporter())
        let launched = LaunchedWorker(harness, launch, reporter)
        #expect(await harness.double.advance(atMost: .seconds(60)) { !reporter.record.hosts.isEmpty })
        try await ScriptedWorker.reports(.success()).speak(on: harness, for: launch)
        harness.double.disrupt(try #require(harness.created.first))
        #expect(try await launched.end(on: harness) == .outcome(.success()))
    }

    @Test func aPodThatIsEvictedBeforeItIsLost() async throws {
        let harness = PodHarness()
        harness.double.script(.runsForever)
        let (launch, reporter) = (PodHarness.launch(), RecordingReporter())
        let launched = LaunchedWorker(harness, launch, reporter)
        #expect(await harness.double.advance(atMost: .seconds(60)) { !reporter.record.hosts.isEmpty })
        try harness.reports.take(.running(ScriptedWorker.process), of: launch.id)
        harness.double.disrupt(try #require(harness.created.first))
        guard case .lost = try await launched.end(on: harness) else {
            Issue.record("not lost")
            return
        }
    }

    private func growing() -> TaskLaunch {
        var launch = PodHarness.launch()
        launch.task.executorConfig = [
            "on_oom": ["memory": "x2", "max": "4Gi"],
            "pod_override": ["spec": ["containers": [["resources": ["limits": ["memory": "1Gi"]]]]]],
        ]
        return launch
    }

    /// Two pods of one launch: the second worker is another process, and is heard.
    @Test func aWorkerThatRunsOutOfMemoryIsFollowedByALargerOne() async throws {
        let harness = PodHarness()
        harness.double.script(.ends(after: .seconds(5)))
        harness.double.script(.ends(Exit(137, reason: "OOMKilled"), after: .seconds(3)), times: 1)
        let (launch, reporter) = (growing(), RecordingReporter())
        let launched = LaunchedWorker(harness, launch, reporter)
        #expect(await harness.double.advance(atMost: .seconds(60)) { reporter.record.hosts.count == 1 })
        try harness.reports.take(.running(ScriptedWorker.process), of: launch.id)
        #expect(await harness.double.advance(atMost: .seconds(60)) { reporter.record.hosts.count == 2 })
        var second = ScriptedWorker.process
        second.hostname = "pod-2"
        try harness.reports.take(.running(second), of: launch.id)
        try harness.reports.take(.ended(.success()), of: launch.id)
        #expect(try await launched.end(on: harness) == .outcome(.success()))
        #expect(Set(harness.created).count == 2)
    }

    /// What it has said stands: the task is not run a second time.
    @Test func aWorkerThatRunsOutOfMemoryAfterItsLastWordIsNotFollowed() async throws {
        let harness = PodHarness()
        harness.double.script(.ends(Exit(137, reason: "OOMKilled"), after: .seconds(3)))
        let end = try await ScriptedWorker.reports(.success()).play(on: harness, growing())
        #expect(end == .outcome(.success()) && Set(harness.created).count == 1)
    }

    @Test func aWorkerWhoseImageIsNotThereFailsForGood() async throws {
        let harness = PodHarness()
        harness.double.script(.errImagePull(image: "apache/airflow:3.3.2"))
        let launched = LaunchedWorker(harness, PodHarness.launch(), RecordingReporter())
        guard case .outcome(.died(let reason, isFinal: true)) = try await launched.end(on: harness, within: .seconds(300))
        else {
            Issue.record("no failure for good")
            return
        }
        #expect(reason.contains("ErrImagePull") || reason.contains("ImagePullBackOff"))
    }

    @Test func aLaunchThatIsEndedLeavesNoPodAndTakesNoReports() async throws {
        let harness = PodHarness()
        harness.double.script(.runsForever)
        let (launch, reporter) = (PodHarness.launch(), RecordingReporter())
        let launched = LaunchedWorker(harness, launch, reporter)
        #expect(await harness.double.advance(atMost: .seconds(60)) { !reporter.record.hosts.isEmpty })
        reporter.terminate(.stateSet)
        launched.task.cancel()
        await #expect(throws: CancellationError.self) { try await launched.end(on: harness) }
        #expect(harness.double.livePods.isEmpty)
        #expect(throws: TaskServiceError.self) { try harness.reports.take(.running(ScriptedWorker.process), of: launch.id) }
    }

    @Test func aRestartGoesOnWithTheWorkerThatIsThere() async throws {
        let harness = PodHarness()
        harness.double.script(.ends(after: .seconds(30)))
        let (launch, first) = (PodHarness.launch(), RecordingReporter())
        let launched = LaunchedWorker(harness, launch, first)
        #expect(await harness.double.advance(atMost: .seconds(60)) { !first.record.hosts.isEmpty })
        first.terminate(.shutdown)
        launched.task.cancel()
        await #expect(throws: CancellationError.self) { try await launched.end(on: harness) }
        #expect(harness.double.livePods.count == 1)
        let (next, running) = harness.restarted()
        defer { running.cancel() }
        let again = LaunchedWorker(harness, launch, RecordingReporter(), on: next)
        await harness.pass(.seconds(1))
        try await ScriptedWorker.reports(.success()).speak(on: harness, for: launch)
        #expect(try await again.end(on: harness) == .outcome(.success()))
        #expect(harness.double.count(.create, .pods) == 1)
    }

    /// A pod may wait for a quota longer than a token holds.
    @Test func theTokenIsFreshWhenThePodIsMadeAtLast() async throws {
        let harness = PodHarness()
        harness.double.script(.runsForever)
        harness.double.inject(.quotaExceeded(), on: .init(.create, .pods), calls: 1...70)
        let launch = PodHarness.launch()
        let launched = LaunchedWorker(harness, launch, RecordingReporter())
        defer { launched.task.cancel() }
        #expect(
            await harness.double.advance(atMost: .seconds(2_400), step: .seconds(1)) {
                !harness.double.objects(.pods).isEmpty
            })
        #expect(harness.double.now > .seconds(1_500))
        let signer = try TaskTokenSigner(secret: PodHarness.tokenSecret)
        let text = try token(try #require(harness.double.objects(.pods).first))
        let read = try signer.verify(text, scopes: [.workload], at: harness.double.wallTime + .seconds(600))
        #expect(read.launch == launch.id)
    }

    @Test func whatIsNotSetIsSaidBeforeAnythingIsMade() async throws {
        for change in [{ $0.workers.image = nil }, { $0.workers.executionAPI = nil }] as [(inout KubernetesSettings) -> Void] {
            let harness = PodHarness(change: change)
            let failure = await failure(harness)
            #expect(failure?.kind == .configuration && failure?.message.contains("process_tasks: local") == true)
            #expect(harness.created.isEmpty && harness.double.count(.patch, .configmaps) == 0)
        }
    }
}

private typealias Exit = PodScript.Exit
