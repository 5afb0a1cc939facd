import K8sPodExecutor
import KubernetesClient
import PipelineCore
import PipelineTestSupport
import Testing

/// Bugs of Airflow's executor around pods that do not start, by their number in our list.
@Suite(.timeLimit(.minutes(20)))
struct PendingPainTests {
    /// apache/airflow#15218: without a limit, a volume that is missing left the task queued for ever.
    @Test func row11_aMissingVolumeEndsTheWait() async throws {
        let harness = PodHarness()
        harness.double.script(.failedMount())
        let reporter = RecordingReporter()
        let failure = await harness.failure(of: PodHarness.launch(), PodHarness.attributes(), reporter)
        #expect(failure?.kind == .timeout)
        #expect(failure?.message.contains("configmap \"none\" not found") == true)
        #expect(reporter.record.waits.contains { $0?.contains("FailedMount") == true })
        #expect(harness.double.now < .seconds(150))
        // Events are not asked for at every turn.
        #expect(harness.double.count(.list, .events) < 15)
    }

    /// #12264: why a pod does not run was to be found with kubectl only.
    @Test func row12_peopleSeeWhyItWaits() async throws {
        let scheduler = "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."
        let cases: [(PodScript, String)] = [
            (.neverFits(scheduler), scheduler), (.errImagePull(), "failed to pull and unpack image"),
            (.createContainerConfigError(), "secret \"none\" not found"),
        ]
        for (script, text) in cases {
            let harness = PodHarness()
            harness.double.script(script)
            let reporter = RecordingReporter()
            let launched = harness.start(PodHarness.launch(), PodHarness.attributes(), reporter)
            let isSeen = await harness.double.advance(atMost: .seconds(30)) {
                reporter.record.waits.contains { $0?.contains(text) == true }
            }
            #expect(isSeen, "\(text): \(reporter.record.waits)")
            #expect(await harness.failure(of: launched)?.message.contains(text) == true)
        }
    }

    /// #17693: events that were lost lost the task.
    @Test func row13_lostEventsAreFoundByLooking() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds(after: .seconds(10), log: ["a"], message: "7"))
        let reporter = RecordingReporter()
        let launched = await harness.startAndSeeRunning(reporter)
        harness.double.silenceWatches()
        #expect(try await harness.end(of: launched, within: .seconds(150)).result == "7")
        #expect(reporter.record.lines == ["a"])
    }

    /// #14556: the next try was dropped, since the pod of the last one was still in the executor's map.
    @Test func row14_aTryDoesNotWaitForTheOneBefore() async throws {
        let harness = PodHarness()
        harness.double.script(PodScript.runsForever.ignoringTermination(), times: 1)
        harness.double.script(.succeeds(message: "2"), for: .label("try_number", "2"))
        let reporter = RecordingReporter()
        let first = await harness.startAndSeeRunning(reporter)
        reporter.terminate(.cleared)
        first.task.cancel()
        let second = harness.start(PodHarness.launch(tryNumber: 2), PodHarness.attributes(), RecordingReporter())
        #expect(try await harness.end(of: second, within: .seconds(20)).result == "2")
        #expect(!first.isOver)
        await #expect(throws: CancellationError.self) { try await harness.end(of: first) }
        #expect(harness.double.livePods.isEmpty)
    }

    /// #48024, #35792: a quota that is used up failed the task, or was asked again without a pause.
    @Test func row15_aQuotaIsAWaitThatIsSeen() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds(message: "7"))
        let fault = harness.double.inject(.quotaExceeded(), on: .init(.create, .pods), calls: 1...1_000)
        let reporter = RecordingReporter()
        let launched = harness.start(PodHarness.launch(), PodHarness.attributes(), reporter)
        await harness.pass(.seconds(600))
        #expect(!launched.isOver)
        #expect(reporter.record.waits.last??.contains("exceeded quota") == true)
        #expect((5...40).contains(harness.created.count))
        harness.double.withdraw(fault)
        #expect(try await harness.end(of: launched, within: .seconds(60)).result == "7")
        #expect(reporter.record.waits.last == .some(nil))
    }

    @Test func row15_aRefusalFailsAtOnce() async throws {
        for (fault, text) in [
            (KubernetesDouble.Fault.limitRange(), "maximum memory usage"), (.podSecurity(), "violates PodSecurity"),
            (.namespaceTerminating(), "being terminated"),
        ] {
            let harness = PodHarness()
            harness.double.inject(fault, on: .init(.create, .pods), calls: 1...1_000)
            let failure = await harness.failure()
            #expect(failure?.kind == .configuration)
            #expect(failure?.message.contains(text) == true, "\(String(describing: failure))")
            #expect(harness.created.count == 1)
        }
    }

    /// #15097: two creations at once under a quota answer Conflict, which is not AlreadyExists.
    @Test func row16_aConflictIsAskedAgain() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds(message: "7"))
        harness.double.inject(.quotaConflict(), on: .init(.create, .pods), calls: 1...3)
        #expect(try await harness.run().result == "7")
        #expect(harness.created.count == 4)
        #expect(harness.double.count(.get, .pods) == 0)
    }

    /// The other 409: the name is taken by what is not ours.
    @Test func row16_aStrangersPodIsNotAdopted() async throws {
        let harness = PodHarness()
        harness.double.script(.runsForever)
        let name = PodBuilder(KubernetesSettings(namespace: PodHarness.namespace, installation: "test"))
        let request = try name.build(PodHarness.launch(), attributes: PodHarness.attributes())
        harness.double.add(
            .pods,
            [
                "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(request.name)],
                "spec": ["containers": [["name": "base", "image": "busybox:1"]]],
            ])
        let failure = await harness.failure()
        #expect(failure?.kind == .configuration)
        #expect(failure?.message.contains("not of this launch") == true)
        #expect(harness.double.object(.pods, request.name) != nil)
    }
}
