import K8sPodExecutor
import PipelineCore
import PipelineTestSupport
import Testing

/// Results that a container beside the task's keeps until they are read.
@Suite(.timeLimit(.minutes(20)))
struct SidecarTests {
    private static let path = "/airflow/xcom/return.json"

    private func harness(_ result: String?, exit: PodScript.Exit = .init(0)) -> PodHarness {
        let harness = PodHarness { $0.sidecar.isDefault = true }
        harness.double.script(.endsBesideASidecar(exit, files: result.map { [Self.path: Array($0.utf8)] } ?? [:]))
        return harness
    }

    private func built(_ change: (inout KubernetesSettings) -> Void, config: JSONValue = .null) throws -> JSONValue {
        var settings = KubernetesSettings(namespace: "ml", installation: "one")
        change(&settings)
        var launch = PodHarness.launch()
        launch.task.executorConfig = config
        let attributes = PodHarness.attributes(["xcom_sidecar_container_security_context": ["runAsUser": 7]])
        return try PodBuilder(settings).build(launch, attributes: attributes).pod
    }

    // MARK: The pod

    @Test func theContainerIsAirflows() throws {
        let pod = try built { settings in
            settings.sidecar.isDefault = true
            settings.sidecar.image = "mirror/alpine:1"
            settings.sidecar.resources = ["limits": ["memory": "20Mi"]]
        }
        let containers = try #require(pod["spec"]?["containers"]?.arrayValue)
        #expect(containers.map { $0["name"] } == ["base", "airflow-xcom-sidecar"])
        let sidecar = containers[1]
        #expect(sidecar["image"] == "mirror/alpine:1" && sidecar["resources"] == ["limits": ["memory": "20Mi"]])
        #expect(sidecar["command"] == ["sh", "-c", "trap \"exit 0\" INT; while true; do sleep 1; done;"])
        #expect(sidecar["securityContext"]?["runAsUser"] == 7)
        for container in containers {
            #expect(container["volumeMounts"] == [["name": "xcom", "mountPath": "/airflow/xcom"]])
        }
        #expect(pod["spec"]?["volumes"] == [["name": "xcom", "emptyDir": [:]]])
        #expect(containers[0]["terminationMessagePath"] == nil, "the kubelet's file would lie over the volume")
    }

    @Test func aTaskMaySayWhichWayItWants() throws {
        func count(_ isDefault: Bool, _ word: JSONValue) throws -> Int? {
            try built({ $0.sidecar.isDefault = isDefault }, config: ["__type": "dict", "__var": ["xcom": word]])["spec"]?[
                "containers"]?.arrayValue?.count
        }
        #expect(try count(false, "sidecar") == 2)
        #expect(try count(true, "message") == 1)
        #expect(throws: PodBuildError.self) { try count(true, "side car") }
    }

    // MARK: The result

    @Test(arguments: [5, 4_096, 1 << 20])
    func aResultOfAnyLengthIsWhole(_ length: Int) async throws {
        let text = "\"" + String(repeating: "é", count: length / 2) + "\""
        let harness = harness(text)
        let result = try await harness.run()
        #expect(result.exitCode == 0 && result.result == text && !result.isResultCut)
        // Its container keeps the result until that is in the store; then it is ended, and with it the pod: not deleted while it ran.
        await harness.pass(.seconds(5))
        #expect(harness.double.livePods.count == 1)
        harness.executor.endIsDurable(PodHarness.launch().id)
        await harness.pass(.seconds(5))
        #expect(harness.double.livePods.isEmpty && harness.double.count(.delete, .pods) == 0)
        #expect(harness.double.phase(result.name) == "Succeeded")
    }

    @Test func aTaskThatLeavesNothingHasAnEmptyResult() async throws {
        #expect(try await harness(nil).run().result == "")
        #expect(try await harness("").run().result == "")
    }

    @Test func whatIsNoJSONIsHandedOnAsItIs() async throws {
        #expect(try await harness("not json").run().result == "not json")
    }

    /// The container beside it still runs, so the pod's phase says nothing.
    @Test func theExitCodeOfTheTaskCountsWhileTheSidecarRuns() async throws {
        let result = try await harness("{\"loss\": 1}", exit: .init(3)).run()
        #expect(result.exitCode == 3 && result.result == "{\"loss\": 1}")
    }

    @Test func aMessageThatWasCutIsSaidToBe() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds(message: String(repeating: "1", count: 5_000)))
        #expect(try await harness.run().isResultCut)
        let whole = PodHarness()
        whole.double.script(.succeeds(message: String(repeating: "1", count: 4_095)))
        #expect(try await whole.run().isResultCut == false)
    }

    // MARK: What goes wrong

    @Test(arguments: [KubernetesDouble.Fault.internalError, .resetBeforeEffect, .hangsBeforeEffect])
    func aCommandThatFailsOnceIsRunAgain(_ fault: KubernetesDouble.Fault) async throws {
        let harness = harness("{}")
        harness.double.inject(fault, on: .init(.get, .pods, subresource: "exec"), calls: 1...1)
        #expect(try await harness.run().result == "{}")
        #expect(harness.double.count(.create, .pods) == 1)
    }

    /// The pod is the only witness of its result: however long the API is away, it is asked for.
    @Test(arguments: [KubernetesDouble.Fault.internalError, .tlsFails])
    func anAPIThatIsAwayForAnHourLosesNoResult(_ fault: KubernetesDouble.Fault) async throws {
        let harness = harness("{\"hours\": 10}")
        let outage = harness.double.inject(fault, on: .init(.get, .pods, subresource: "exec"), calls: 1...100_000)
        let reporter = RecordingReporter()
        let launched = await harness.startAndSeeRunning(reporter)
        await harness.pass(.seconds(3_600))
        #expect(!launched.isOver && harness.double.livePods.count == 1)
        #expect(reporter.record.waits.last??.contains("cannot be read") == true)
        harness.double.withdraw(outage)
        #expect(try await harness.end(of: launched).result == "{\"hours\": 10}")
        #expect(harness.created.count == 1 && harness.double.count(.delete, .pods) == 0)
    }

    @Test func aPodThatGoesWhileItsResultCannotBeReadIsLost() async throws {
        let harness = harness("{}")
        harness.double.inject(.internalError, on: .init(.get, .pods, subresource: "exec"), calls: 1...100_000)
        let launched = await harness.startAndSeeRunning(RecordingReporter())
        await harness.pass(.seconds(60))
        harness.double.vanish(try #require(harness.created.first))
        #expect(await harness.failure(of: launched)?.kind == .infrastructure)
    }

    /// Whoever adds it need not run the task again.
    @Test func aRightThatIsMissingIsNamedAndWaitedFor() async throws {
        let harness = harness("{}")
        harness.double.configure { $0.denied.insert("get pods/exec") }
        let reporter = RecordingReporter()
        let launched = await harness.startAndSeeRunning(reporter)
        await harness.pass(.seconds(60))
        #expect(!launched.isOver)
        #expect(reporter.record.waits.last??.contains("resources: [\"pods/exec\"]") == true, "\(reporter.record.waits)")
        harness.double.configure { $0.denied = [] }
        #expect(try await harness.end(of: launched).result == "{}")
    }

    /// The process dies when it has the result and the store has not.
    @Test func aCrashBetweenReadingAndCommitLosesNoResult() async throws {
        let harness = harness("[7]")
        let (launch, first) = (PodHarness.launch(), RecordingReporter())
        let launched = harness.start(launch, PodHarness.attributes(), first)
        #expect(try await harness.end(of: launched).result == "[7]")
        harness.die([launched], [first])
        await harness.pass(.seconds(600))
        let (next, running) = harness.restarted { $0.sidecar.isDefault = true }
        defer { running.cancel() }
        let again = harness.start(launch, PodHarness.attributes(), RecordingReporter(), on: next)
        #expect(try await harness.end(of: again).result == "[7]")
        next.endIsDurable(launch.id)
        await harness.pass(.seconds(3))
        #expect(harness.double.livePods.isEmpty && harness.created.count == 1)
    }

    @Test func aSidecarThatCannotBeEndedGoesWithItsPod() async throws {
        let harness = harness("{}")
        #expect(try await harness.run(PodHarness.launch(), PodHarness.attributes(["on_finish_action": "keep_pod"])).result == "{}")
        harness.double.inject(.internalError, on: .init(.get, .pods, subresource: "exec"), calls: 1...100)
        harness.executor.endIsDurable(PodHarness.launch().id)
        await harness.pass(.seconds(20))
        #expect(harness.double.livePods.isEmpty)
    }

    @Test func aRunThatEndsEndsTheSidecarsOfPodsThatAreKept() async throws {
        let harness = harness("{}")
        let result = try await harness.run(PodHarness.launch(), PodHarness.attributes(["on_finish_action": "keep_pod"]))
        harness.executor.endIsDurable(PodHarness.launch().id)
        let ended = Task { try await harness.executor.runEnded(PodHarness.launch().run.key) }
        await harness.pass(.seconds(5))
        try await ended.value
        #expect(harness.double.livePods.isEmpty && harness.double.phase(result.name) == "Succeeded")
    }

    @Test func aResultThatNoStoreTakesIsNotReadForEver() async throws {
        let harness = harness(String(repeating: "1", count: 6 << 20))
        let failure = await harness.failure()
        #expect(failure?.kind == .configuration && failure?.message.contains("more than 5242880 bytes") == true)
        #expect(harness.double.count(.get, .pods, subresource: "exec") == 1)
    }

    /// Not at the end of a long training: while it runs.
    @Test func aSidecarWhoseImageIsNotThereIsSaidWhileTheTaskRuns() async throws {
        let harness = PodHarness { $0.sidecar.isDefault = true }
        harness.double.script(
            PodScript([
                .wait(.seconds(1)), .accept, .start(container: "base"),
                .hold(container: "airflow-xcom-sidecar", reason: "ErrImagePull", message: "not found"), .report(.running),
            ]))
        let failure = await harness.failure()
        #expect(failure?.kind == .configuration && failure?.message.contains("xcom_sidecar_container_image") == true)
        #expect(harness.double.now > .seconds(60) && harness.double.now < .seconds(120), "\(harness.double.now)")
        await harness.pass(.seconds(5))
        #expect(harness.double.livePods.isEmpty)
    }

    @Test func aTaskThatFailsBesideASidecarThatCannotStartDoesNotHang() async throws {
        let harness = PodHarness { $0.sidecar.isDefault = true }
        harness.double.script(
            PodScript([
                .wait(.seconds(1)), .accept, .start(container: "base"),
                .hold(container: "airflow-xcom-sidecar", reason: "ErrImagePull", message: "not found"),
                .wait(.seconds(1)), .exit(.init(1), container: "base"), .report(.running),
            ]))
        #expect(await harness.failure()?.kind == .configuration)
    }

    @Test func aSidecarThatHasEndedKeepsNoResult() async throws {
        let harness = PodHarness { $0.sidecar.isDefault = true }
        harness.double.script(.succeeds())
        #expect(await harness.failure()?.kind == .infrastructure)
    }

    @Test func anAdoptedPodsResultIsReadToo() async throws {
        let harness = harness("[1]")
        let (launch, first) = (PodHarness.launch(), RecordingReporter())
        let launched = await harness.startAndSeeRunning(first, launch)
        harness.die([launched], [first])
        await harness.pass(.seconds(10))
        let (next, running) = harness.restarted { $0.sidecar.isDefault = true }
        defer { running.cancel() }
        let result = try await harness.end(
            of: harness.start(launch, PodHarness.attributes(), RecordingReporter(), on: next))
        #expect(result.result == "[1]" && harness.double.count(.create, .pods) == 1)
    }
}
