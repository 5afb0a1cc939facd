import K8sPodExecutor
import KubernetesClient
import PipelineCore
import PipelineTestSupport
import Testing

/// Bugs of Airflow's executor and KubernetesPodOperator around ends of pods, sidecars and logs, by their number in our list.
@Suite(.timeLimit(.minutes(20)))
struct OrphanPainTests {
    /// The base container ends, and a sidecar that somebody has injected does not.
    private static func outlived(by sidecar: String = "proxy", code: Int = 0, log: [String] = []) -> PodScript {
        PodScript(
            [.wait(.milliseconds(35)), .accept, .wait(.seconds(1)), .start(), .report(.running)]
                + log.map { .log($0, container: "base") } + [
                    .wait(.seconds(2)), .exit(.init(code, message: "7"), container: "base"), .report(),
                ])
    }

    private static func withSidecar(_ extra: JSONObject = [:]) -> JSONObject {
        let containers: JSONValue = [["name": "proxy", "image": "proxy:1"], ["name": "base", "image": "busybox:1"]]
        let pod: JSONValue = [
            "apiVersion": "v1", "kind": "Pod", "metadata": [:], "spec": ["containers": containers, "restartPolicy": "Never"],
        ]
        return PodHarness.attributes(JSONObject([("pod", pod)]).merging(extra))
    }

    /// apache/airflow#37263: "mark failed" ended a process of Airflow's, and the pod lived on.
    @Test func row23_anEndedLaunchHasEnded() async throws {
        let harness = PodHarness()
        harness.double.script(PodScript.runsForever.ignoringTermination())
        let reporter = RecordingReporter()
        let launched = await harness.startAndSeeRunning(reporter)
        reporter.terminate(.stateSet)
        launched.task.cancel()
        await harness.pass(.seconds(10))
        // KILL comes after the grace period of 30 seconds.
        #expect(!launched.isOver)
        await #expect(throws: CancellationError.self) { try await harness.end(of: launched, within: .seconds(40)) }
        #expect(harness.double.livePods.isEmpty)
    }

    /// #49466, #59083: with `keep_pod`, pods ran on after a timeout.
    @Test func row24_noEndedTryHasARunningContainer() async throws {
        for action in ["keep_pod", "delete_pod", "delete_active_pod", "delete_succeeded_pod"] {
            let harness = PodHarness()
            harness.double.script(.neverFits("0/1 nodes are available"), for: .label("task_id", "late"))
            harness.double.script(.runsForever, for: .label("task_id", "ended"))
            harness.double.script(Self.outlived(), for: .label("task_id", "outlived"))
            let attributes = Self.withSidecar(["on_finish_action": .string(action), "startup_timeout_seconds": 10])
            #expect(await harness.failure(of: PodHarness.launch("late"), attributes)?.kind == .timeout)
            let reporter = RecordingReporter()
            let ended = await harness.startAndSeeRunning(reporter, PodHarness.launch("ended"), attributes)
            reporter.terminate(.stateSet)
            ended.task.cancel()
            await #expect(throws: CancellationError.self) { try await harness.end(of: ended) }
            #expect(try await harness.run(PodHarness.launch("outlived"), attributes).exitCode == 0)
            harness.executor.endIsDurable(PodHarness.launch("outlived").id)
            await harness.pass(.seconds(60))
            #expect(harness.double.livePods.isEmpty, "\(action)")
            #expect(harness.double.objects(.pods).isEmpty, "\(action)")
        }
    }

    /// What has ended by itself stays where its author wants to see it.
    @Test func row24_keptPodsAreKept() async throws {
        let cases: [(String, Int, Bool)] = [
            ("keep_pod", 0, true), ("keep_pod", 1, true), ("delete_pod", 0, false), ("delete_pod", 1, false),
            ("delete_succeeded_pod", 0, false), ("delete_succeeded_pod", 1, true), ("delete_active_pod", 0, true),
        ]
        for (action, code, isKept) in cases {
            let harness = PodHarness()
            harness.double.script(.ends(.init(code)))
            _ = try await harness.run(PodHarness.launch(), PodHarness.attributes(["on_finish_action": .string(action)]))
            harness.executor.endIsDurable(PodHarness.launch().id)
            await harness.pass(.seconds(60))
            try await harness.executor.runEnded(PodHarness.launch().run.key)
            await harness.pass(.seconds(2))
            #expect(harness.double.objects(.pods).isEmpty != isKept, "\(action) after \(code)")
        }
    }

    /// Also where the pod failed for a reason of the cluster's.
    @Test func row24_anEvictedPodIsKeptToo() async throws {
        let harness = PodHarness()
        harness.double.script(.evicted(after: .seconds(2)))
        let attributes = PodHarness.attributes(["on_finish_action": "keep_pod"])
        #expect(await harness.failure(of: PodHarness.launch(), attributes)?.kind == .infrastructure)
        harness.executor.endIsDurable(PodHarness.launch().id)
        await harness.pass(.seconds(60))
        #expect(harness.double.objects(.pods).count == 1)
    }

    /// #58968, #36218: the phase of the pod was asked, and a sidecar waited for an exec that never came.
    @Test func row25_theBaseContainerDecides() async throws {
        for code in [0, 5] {
            let harness = PodHarness()
            harness.double.script(Self.outlived(code: code, log: ["a"]))
            let reporter = RecordingReporter()
            let result = try await harness.run(PodHarness.launch(), Self.withSidecar(), reporter)
            #expect(result.exitCode == code)
            #expect(result.result == "7")
            #expect(reporter.record.lines == ["a"])
            #expect(harness.double.now < .seconds(20))
        }
    }

    /// #29002: results were fetched with exec from a container that was not there any more.
    @Test func row26_aResultIsReadFromThePod() async throws {
        let harness = PodHarness()
        harness.double.script(.runningNeverSeen, for: .label("task_id", "none"))
        harness.double.script(
            .ends(.init(0, message: "{\"a\": 1}"), after: .milliseconds(100), isSeenRunning: false),
            for: .label("task_id", "some"))
        #expect(try await harness.run(PodHarness.launch("some")).result == "{\"a\": 1}")
        #expect(try await harness.run(PodHarness.launch("none")).result ?? "" == "")
        #expect(harness.double.calls.allSatisfy { $0.subresource == nil || $0.subresource == "log" })
    }

    /// #11324, #23497: a followed log that ended was taken for the end, or its lines came twice.
    @Test func row27_aLogThatBreaksIsWhole() async throws {
        for broken in [true, false] {
            let harness = PodHarness()
            let lines = (0..<20).map { "line \($0 / 2)" }
            harness.double.script(.succeeds(after: .seconds(20), log: lines, message: "7"))
            let reporter = RecordingReporter()
            let launched = await harness.startAndSeeRunning(reporter)
            for _ in 0..<6 {
                await harness.pass(.seconds(2))
                harness.double.endLogs(broken: broken)
            }
            #expect(try await harness.end(of: launched).result == "7")
            #expect(reporter.record.lines == lines, "\(broken)")
        }
    }

    /// Logs were lost with the pod.
    @Test func row28_noPodIsDeletedBeforeItsLogIsThere() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds(log: ["a", "b"], message: "7"))
        harness.double.inject(.internalError, on: .logs, calls: 1...4)
        let reporter = RecordingReporter()
        #expect(try await harness.run(PodHarness.launch(), PodHarness.attributes(), reporter).result == "7")
        #expect(reporter.record.lines == ["a", "b"])
        harness.executor.endIsDurable(PodHarness.launch().id)
        #expect(harness.double.count(.delete, .pods) == 0)
        #expect(await harness.double.advance(atMost: .seconds(60)) { harness.double.objects(.pods).isEmpty })
    }

    @Test func row28_aPodWhoseLogCannotBeReadIsKept() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds(log: ["a"], message: "7"))
        harness.double.inject(.internalError, on: .logs, calls: 1...1_000)
        let reporter = RecordingReporter()
        #expect(try await harness.run(PodHarness.launch(), PodHarness.attributes(), reporter).result == "7")
        #expect(reporter.record.notes.contains { $0.contains("No line of the log's end came") })
        #expect(harness.double.now < .seconds(60))
        harness.executor.endIsDurable(PodHarness.launch().id)
        await harness.pass(.seconds(120))
        #expect(harness.double.objects(.pods).count == 1)
    }

    /// #21701, #69052: a pod that was lost before its process had started used up one of the user's retries.
    @Test func row29_aPodThatItsNodeRefusesIsNoFailureOfTheTask() async throws {
        for script in [PodScript.failsBeforeItStarts, .preempted(after: .zero), .evictedByAPI(after: .zero)] {
            let harness = PodHarness()
            harness.double.script(script)
            #expect(await harness.failure()?.kind == .infrastructure)
        }
    }

    /// #54381: the end could not be written down, and a success became a failure.
    @Test func row30_anEndThatNobodySawIsReadLater() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds(after: .seconds(10), log: ["a", "b"], message: "7"))
        let reporter = RecordingReporter()
        let launched = await harness.startAndSeeRunning(reporter)
        harness.double.stopServer()
        await harness.pass(.seconds(120))
        #expect(!launched.isOver)
        harness.double.restartServer()
        #expect(try await harness.end(of: launched, within: .seconds(60)).result == "7")
        #expect(reporter.record.lines == ["a", "b"])
    }

    /// #12396: a task that was only slow was taken for dead.
    @Test func row31_aPodThatSaysNothingIsAlive() async throws {
        let harness = PodHarness()
        harness.double.script(.succeeds(after: .seconds(4_000), message: "7"))
        let launched = await harness.startAndSeeRunning(RecordingReporter())
        let isOver = await harness.double.advance(atMost: .seconds(5_000), step: .seconds(5)) { launched.isOver }
        #expect(isOver)
        #expect(try await launched.task.value.result == "7")
        #expect(harness.created.count == 1)
    }
}
