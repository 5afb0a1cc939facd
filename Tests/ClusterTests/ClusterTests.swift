import Foundation
import K8sPodExecutor
import KubernetesClient
import PipelineCore
import Testing

/// What a real cluster does with our pods. Time passes here as it passes there: these tests are run by hand, or by who has a
/// cluster, never with the others.
@Suite(.enabled(if: TestCluster.isWanted), .serialized, .timeLimit(.minutes(10)))
struct ClusterTests {
    private func failure(
        _ attributes: JSONObject, _ reporter: ClusterReporter = ClusterReporter()
    ) async throws -> PodFailure? {
        var found: PodFailure?
        try await TestCluster.with { cluster in
            try await cluster.following { executor in
                do { _ = try await executor.run(TestCluster.launch(), attributes: attributes, reporter: reporter) } catch
                    let failure as PodFailure
                { found = failure }
            }
            // No failed try leaves a container that runs.
            let running = try await cluster.pods().filter { $0.phase == "Running" && $0.deletionTimestamp == nil }
            #expect(running.isEmpty)
        }
        return found
    }

    @Test func aPodRunsAndItsResultAndLogCome() async throws {
        let reporter = ClusterReporter()
        let script = "echo one; echo two; printf '{\"rows\": 3}' > /airflow/xcom/return.json"
        try await TestCluster.with { cluster in
            let result = try await cluster.following {
                try await $0.run(TestCluster.launch(), attributes: TestCluster.attributes(script), reporter: reporter)
            }
            #expect(result.exitCode == 0)
            #expect(result.result == "{\"rows\": 3}")
            #expect(result.node != nil && result.imageID?.isEmpty == false)
        }
        #expect(reporter.lines == ["one", "two"])
    }

    @Test func aLargeResultIsReadBesideTheTask() async throws {
        let script = "(printf '\"'; head -c 1000000 /dev/zero | tr '\\0' a; printf '\"') > /airflow/xcom/return.json; exit 3"
        try await TestCluster.with { cluster in
            let result = try await cluster.following { settings in
                settings.sidecar.isDefault = true
                settings.sidecar.image = TestCluster.image
            } _: {
                let launch = TestCluster.launch()
                let result = try await $0.run(
                    launch, attributes: TestCluster.attributes(script), reporter: ClusterReporter())
                // The sidecar goes once the result is in the store.
                $0.endIsDurable(launch.id)
                for _ in 0..<100 where try await cluster.pods().first?.isTerminal != true {
                    try await Task.sleep(for: .milliseconds(200))
                }
                return result
            }
            #expect(result.exitCode == 3 && result.result?.utf8.count == 1_000_002)
            // The sidecar has ended, and with it the pod, which may have gone since.
            #expect(try await cluster.pods().first?.isTerminal != false)
        }
    }

    @Test func anExitCodeIsTheContainers() async throws {
        try await TestCluster.with { cluster in
            let result = try await cluster.following {
                try await $0.run(
                    TestCluster.launch(), attributes: TestCluster.attributes("exit 3"), reporter: ClusterReporter())
            }
            #expect(result.exitCode == 3)
        }
    }

    @Test func memoryThatRunsOutIsToldApart() async throws {
        let limits: JSONObject = ["container_resources": ["limits": ["memory": "32Mi"], "requests": ["memory": "32Mi"]]]
        try await TestCluster.with { cluster in
            let result = try await cluster.following {
                try await $0.run(
                    TestCluster.launch(), attributes: TestCluster.attributes("exec tail /dev/zero", limits),
                    reporter: ClusterReporter())
            }
            #expect(result.exitCode == 137 && result.reason == "OOMKilled")
        }
    }

    @Test func eachThingThatKeepsAPodFromStartingIsNamed() async throws {
        let short: JSONObject = ["startup_timeout_seconds": 20]
        let cases: [(JSONObject, PodFailure.Class, String)] = [
            (TestCluster.attributes("true", ["image": "localhost/none:1"]), .configuration, "ImagePull"),
            (TestCluster.attributes("true", ["image": "Not A Name!"]), .configuration, "InvalidImageName"),
            (
                TestCluster.attributes(
                    "true", ["image": "localhost/none:1"],
                    spec: ["containers": [["name": "base", "imagePullPolicy": "Never"]]]), .configuration, "ErrImageNeverPull"
            ),
            (
                TestCluster.attributes(
                    "true", spec: [
                        "containers": [
                            [
                                "name": "base", "imagePullPolicy": "IfNotPresent",
                                "envFrom": [["secretRef": ["name": "none"]]],
                            ]
                        ]
                    ]),
                .configuration, "CreateContainerConfigError"
            ),
            (
                TestCluster.attributes(
                    "true", short,
                    spec: [
                        "volumes": [["name": "v", "configMap": ["name": "none"]]],
                        "containers": [
                            [
                                "name": "base", "imagePullPolicy": "IfNotPresent",
                                "volumeMounts": [["name": "v", "mountPath": "/v"]],
                            ]
                        ],
                    ]), .timeout, "FailedMount"
            ),
            (
                TestCluster.attributes(
                    "true", short.merging(["container_resources": ["requests": ["cpu": "10000"]]])), .timeout, "Insufficient cpu"
            ),
            (TestCluster.attributes("true", ["cmds": ["/no/such/program"]]), .configuration, "no such file"),
        ]
        for (attributes, kind, text) in cases {
            let failure = try await failure(attributes)
            #expect(failure?.kind == kind, "\(text): \(String(describing: failure))")
            #expect(failure?.message.localizedCaseInsensitiveContains(text) == true, "\(String(describing: failure))")
        }
    }

    @Test func aDeadlineIsNoExitCode() async throws {
        let failure = try await failure(TestCluster.attributes("sleep 300", spec: ["activeDeadlineSeconds": 5]))
        #expect(failure?.kind == .timeout)
    }

    @Test(arguments: ["deleted", "evicted"])
    func aPodThatIsTakenAwayIsNoFailureOfTheTask(_ how: String) async throws {
        try await TestCluster.with { cluster in
            try await cluster.following { executor in
                let reporter = ClusterReporter()
                async let ended = executor.run(
                    TestCluster.launch(), attributes: TestCluster.attributes("sleep 300"), reporter: reporter)
                #expect(try await reporter.wait { $0.hasStarted })
                let pod = try #require(try await cluster.pods().first)
                if how == "deleted" {
                    try await cluster.api.delete(.pods, pod.name, namespace: cluster.namespace)
                } else {
                    let body: JSONValue = [
                        "apiVersion": "policy/v1", "kind": "Eviction",
                        "metadata": ["name": .string(pod.name), "namespace": .string(cluster.namespace)],
                    ]
                    _ = try await cluster.api.send(
                        KubernetesRequest(
                            "create", method: "POST", .pods, namespace: cluster.namespace, name: pod.name,
                            subresource: "eviction", body: body))
                }
                do {
                    _ = try await ended
                    Issue.record("a pod that was \(how) has ended")
                } catch let failure as PodFailure {
                    #expect(failure.kind == .infrastructure)
                }
            }
        }
    }

    @Test func aLogIsWholeThoughItIsRotated() async throws {
        let count = 400_000
        let reporter = ClusterReporter()
        let script = "i=0; while [ $i -lt \(count) ]; do echo \"line $i of a log that the kubelet rotates\"; i=$((i+1)); done; sleep 3"
        try await TestCluster.with { cluster in
            _ = try await cluster.following {
                try await $0.run(TestCluster.launch(), attributes: TestCluster.attributes(script), reporter: reporter)
            }
        }
        #expect(reporter.lines.count == count)
        #expect(reporter.lines.last == "line \(count - 1) of a log that the kubelet rotates")
    }

    @Test func fiftyPodsAtOnce() async throws {
        try await TestCluster.with { cluster in
            try await cluster.following { executor in
                try await withThrowingTaskGroup(of: PodResult.self) { group in
                    for index in 0..<50 {
                        group.addTask {
                            let script = "printf \(index) > /airflow/xcom/return.json"
                            return try await executor.run(
                                TestCluster.launch("task-\(index)"),
                                attributes: TestCluster.attributes(script, ["startup_timeout_seconds": 300]),
                                reporter: ClusterReporter())
                        }
                    }
                    let results = try await group.reduce(into: Set<String>()) { $0.insert($1.result ?? "") }
                    #expect(results == Set((0..<50).map(String.init)))
                }
            }
            #expect(try await cluster.pods().count == 50)
        }
    }

    /// A scheduler that dies does nothing more: what it leaves behind is what a shutdown leaves behind.
    @Test(arguments: ["made", "running", "ended"])
    func aRestartInEachPhaseGoesOnWithThePod(_ phase: String) async throws {
        let script = "echo begun; sleep 8; echo done; printf 7 > /airflow/xcom/return.json"
        let attributes = TestCluster.attributes(script)
        try await TestCluster.with { cluster in
            try await cluster.following { executor in
                let first = ClusterReporter()
                let task = Task {
                    try await executor.run(TestCluster.launch(), attributes: attributes, reporter: first)
                }
                if phase == "made" {
                    while try await cluster.pods().isEmpty { try await Task.sleep(for: .milliseconds(20)) }
                } else {
                    #expect(try await first.wait { phase == "running" ? $0.hasStarted : $0.lines.contains("done") })
                }
                first.end(.shutdown)
                task.cancel()
                _ = await task.result
            }
            let reporter = ClusterReporter()
            let result = try await cluster.following {
                try await $0.run(TestCluster.launch(), attributes: attributes, reporter: reporter)
            }
            #expect(result.result == "7")
            #expect(reporter.lines == ["begun", "done"])
            #expect(try await cluster.pods().count == 1)
        }
    }

    /// With the command that restarts the API server in PIPELINE_TEST_RESTART_API.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["PIPELINE_TEST_RESTART_API"] != nil))
    func anAPIServerThatRestartsFailsNothing() async throws {
        let script = "sleep 30; printf 7 > /airflow/xcom/return.json"
        try await TestCluster.with { cluster in
            try await cluster.following { executor in
                let reporter = ClusterReporter()
                async let ended = executor.run(
                    TestCluster.launch(), attributes: TestCluster.attributes(script), reporter: reporter)
                #expect(try await reporter.wait { $0.hasStarted })
                let restart = Process()
                restart.executableURL = URL(filePath: "/bin/sh")
                restart.arguments = ["-c", ProcessInfo.processInfo.environment["PIPELINE_TEST_RESTART_API"] ?? "false"]
                try restart.run()
                restart.waitUntilExit()
                #expect(restart.terminationStatus == 0)
                #expect(try await ended.result == "7")
            }
        }
    }

    @Test func theEndOfALaunchLeavesNoContainer() async throws {
        try await TestCluster.with { cluster in
            try await cluster.following { executor in
                let reporter = ClusterReporter()
                let attributes = TestCluster.attributes("trap 'exit 0' TERM; sleep 300 & wait")
                let task = Task {
                    try await executor.run(TestCluster.launch(), attributes: attributes, reporter: reporter)
                }
                #expect(try await reporter.wait { $0.hasStarted })
                reporter.end(.cleared)
                task.cancel()
                _ = await task.result
                let running = try await cluster.pods().filter { !$0.isTerminal }
                #expect(running.isEmpty)
            }
        }
    }
}
