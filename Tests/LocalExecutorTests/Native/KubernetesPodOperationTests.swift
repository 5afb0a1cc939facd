import Glibc
import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

@testable import LocalExecutor

/// The base container's command as a local process. `pipeline` is played by `/usr/bin/env`, which runs its arguments.
struct KubernetesPodOperationTests {
    private static let fields = ["image", "cmds", "arguments", "env_vars", "container_resources"]

    private func launch(
        _ container: JSONObject, _ attributes: JSONObject = [:], spec: JSONObject = [:],
        configure: (inout TaskLaunch) -> Void = { _ in }
    ) throws -> TaskLaunch {
        var base: JSONObject = ["name": "base", "image": "pipeline:latest", "command": ["pipeline"]]
        base = base.merging(container)
        var podSpec: JSONObject = ["containers": [.object(base)]]
        podSpec = podSpec.merging(spec)
        var all: JSONObject = [
            "base_container_name": "base", "do_xcom_push": true, "get_logs": true, "name": "train",
            "container_name_log_prefix_enabled": true,
            "pod": ["metadata": ["name": "train"], "spec": .object(podSpec)],
        ]
        all = all.merging(attributes)
        return try OperatorHarness.launch(
            KubernetesPodOperation.operatorClass, all, fields: Self.fields, configure: configure)
    }

    private func shell(_ script: String) -> JSONObject { ["args": ["bash", "-c", .string(script)]] }

    @Test func commandRunsLocallyWithItsVariablesAndTemplates() async throws {
        let harness = OperatorHarness()
        let container = shell("echo $A {{ ds }} $(A); echo oops >&2").merging([
            "env": [["name": "A", "value": "{{ run_id }}"]]
        ])
        let answer = await harness.run(try launch(container))
        #expect(answer.outcome == .success())
        #expect(answer.events.contains("[base] manual__1 2026-01-01 manual__1"))
        #expect(answer.events.contains("[base] oops"))
        #expect(harness.service.state.withLock { $0.started.count } == 1)
    }

    @Test func fileOfTheResultBecomesTheXCom() async throws {
        let answer = await OperatorHarness().run(try launch(shell(#"echo '{"top1": 0.5}' > $PIPELINE_XCOM_PATH"#)))
        #expect(answer.xcoms["task/return_value"] == ["top1": 0.5])
        #expect(answer.xcoms.count == 1, "there is no pod, so there is no pod_name")
    }

    @Test func withoutAResultNothingIsPushed() async throws {
        let answer = await OperatorHarness().run(try launch(shell("true")))
        #expect(answer.xcoms.isEmpty)
        #expect(answer.events.contains("xcom result file is empty."))
        #expect(answer.outcome == .success())
    }

    @Test func withoutXComPushTheProgramGetsNoFile() async throws {
        let answer = await OperatorHarness().run(
            try launch(shell("echo ${PIPELINE_XCOM_PATH-none}"), ["do_xcom_push": false]))
        #expect(answer.events.contains("[base] none"))
    }

    @Test func resultOfAFailedContainerIsPushedToo() async throws {
        let answer = await OperatorHarness().run(try launch(shell("echo 7 > $PIPELINE_XCOM_PATH; exit 3")))
        #expect(answer.xcoms["task/return_value"] == 7)
        #expect(
            answer.exception == "AirflowException: Pod train returned a failure.\nContainer base exited with code 3.")
        guard case .failedMayRetry? = answer.outcome else {
            return #expect(Bool(false), "\(String(describing: answer.end))")
        }
    }

    /// The reason counts even where the log is not shown.
    @Test(arguments: [true, false]) func aStageSaysWhyItFailed(_ showsLogs: Bool) async throws {
        let script = """
            echo 'pipeline stage run x: error: an earlier one' >&2
            echo 'pipeline stage run check_metrics: error: epoch 2: val_accuracy is 0.42, 0.08 below 0.5' >&2
            echo 'pipeline stage run is a command: error: not a stage'; exit 1
            """
        let answer = await OperatorHarness().run(try launch(shell(script), ["get_logs": .bool(showsLogs)]))
        #expect(
            answer.outcome
                == .failedMayRetry(
                    reason:
                        "check_metrics: epoch 2: val_accuracy is 0.42, 0.08 below 0.5\nPod train returned a failure.\n"
                        + "Container base exited with code 1."))
    }

    @Test func fileThatIsNotJSONFailsTheTask() async throws {
        let answer = await OperatorHarness().run(try launch(shell("echo '{' > $PIPELINE_XCOM_PATH")))
        #expect(answer.exception?.hasPrefix("JSONDecodeError: The XCom file is not JSON") == true)
    }

    @Test func exitCodeMaySkip() async throws {
        let answer = await OperatorHarness().run(try launch(shell("exit 42"), ["skip_on_exit_code": [42]]))
        #expect(answer.outcome == .skipped(reason: "Pod train returned exit code 42. Skipping."))
    }

    @Test func resourcesAreShown() async throws {
        let answer = await OperatorHarness().run(
            try launch(
                shell("true").merging([
                    "resources": ["requests": ["cpu": "2"], "limits": ["nvidia.com/gpu": "{{ 1 + 0 }}"]]
                ])))
        #expect(
            answer.events.contains(
                "Resources, not enforced in local mode: requests cpu=2; limits nvidia.com/gpu=1"))
    }

    @Test func linesAreShownOnlyWhereWanted() async throws {
        let answer = await OperatorHarness().run(try launch(shell("echo hidden"), ["get_logs": false]))
        #expect(!answer.events.contains { $0.contains("[base]") })
        #expect(answer.outcome == .success())
    }

    @Test(
        arguments: [
            (["command": ["python", "train.py"]], [:], "its image pipeline:latest runs python"),
            (["command": .null, "image": "alpine:3"], [:], "its image alpine:3 runs its own entry point"),
            (
                ["env": [["name": "K", "valueFrom": ["secretKeyRef": ["name": "db", "key": "password"]]]]], [:],
                "its variable K refers to secretKeyRef db/password"
            ),
            (["envFrom": [["secretRef": ["name": "db"]]]], [:], "its environment comes from secretRef db"),
            ([:], ["initContainers": [["name": "setup"]]], "it has the init container setup"),
            (
                ["volumeMounts": [["name": "v", "mountPath": "/v"]]],
                ["volumes": [["name": "v", "secret": ["secretName": "s"]]]], "its volume v holds a secret"
            ),
        ] as [(JSONObject, JSONObject, String)])
    func whatNeedsAClusterSaysSo(container: JSONObject, spec: JSONObject, reason: String) async throws {
        let answer = await OperatorHarness().run(try launch(container, spec: spec))
        #expect(answer.exception?.contains(reason) == true, "\(answer.exception ?? "")")
        #expect(answer.exception?.contains("--executor kubernetes") == true)
    }

    @Test func reportsGoToTheServiceAndNotToTheLog() async throws {
        let harness = OperatorHarness()
        let script = #"""
            echo $PIPELINE_TRACKING; echo '{"pipeline_tracking":1,"metrics":{"val_loss":0.5},"step":7,"epoch":1}' >&2
            echo '{"pipeline_tracking": 1, "params": {"lr": 0.1}}'
            """#
        let answer = await harness.run(try launch(shell(script)))
        #expect(answer.events.contains("[base] log"))
        #expect(!answer.events.contains { $0.hasPrefix("[base] {") })
        #expect(
            harness.service.state.withLock { $0.reports } == [
                TrackingReport(metrics: [.init("val_loss", 0.5)], step: 7, epoch: 1),
                TrackingReport(params: ["lr": 0.1]),
            ])
    }

    @Test func reportsCountWhereLogsAreHiddenAndTheProgramIsKilled() async throws {
        let harness = OperatorHarness()
        let script = #"echo '{"pipeline_tracking":1,"params":{"a":1}}'; kill -9 $$$$"#
        let answer = await harness.run(try launch(shell(script), ["get_logs": false]))
        #expect(answer.exception?.contains("was ended by signal 9") == true)
        #expect(harness.service.state.withLock { $0.reports } == [TrackingReport(params: ["a": 1])])
    }

    @Test func reportsOfABrokenFormStayInTheLogWithAReason() async throws {
        let harness = OperatorHarness()
        let answer = await harness.run(try launch(shell(#"echo '{"pipeline_tracking":2,"params":{"a":1}}'"#)))
        #expect(answer.outcome == .success())
        #expect(answer.events.contains { $0.contains("is 2, this pipeline reads version 1") })
        #expect(answer.events.contains { $0.hasPrefix("[base] {") })
    }

    @Test func reportsOutliveAStoreThatFailsForAWhile() async throws {
        let harness = OperatorHarness()
        harness.service.state.withLock { $0.trackingErrors = [StoreError(.busy, "locked")] }
        let script = #"for i in 1 2 3; do echo "{\"pipeline_tracking\":1,\"params\":{\"p$i\":1}}"; done"#
        let answer = await harness.run(try launch(shell(script)))
        #expect(answer.outcome == .success())
        #expect(harness.service.state.withLock { $0.reports.map(\.params.keys) } == [["p1"], ["p2"], ["p3"]])
    }

    @Test func reportsThatCannotBeStoredAreCountedInTheLog() async throws {
        let harness = OperatorHarness()
        harness.service.state.withLock { $0.trackingErrors = Array(repeating: StoreError(.full, "disk"), count: 9) }
        let answer = await harness.run(try launch(shell(#"echo '{"pipeline_tracking":1,"params":{"a":1}}'"#)))
        #expect(answer.outcome == .success())
        #expect(answer.events.contains { $0.hasPrefix("1 tracking reports could not be stored: database full") })
    }

    @Test func entryPointOfTheOwnImageIsKnown() async throws {
        let answer = await OperatorHarness().run(
            try launch(
                shell("echo there").merging(["command": .null, "image": "registry:5000/team/pipeline:1@sha256:0"])))
        #expect(answer.events.contains("[base] there"))
    }

    @Test func mappedInstanceLaysItsElementOverThePod() async throws {
        let launch = try launch(
            ["args": ["sh", "-c", "echo $A $B $(B)"], "env": [["name": "A", "value": "pod"]]]
        ) { launch in
            launch.task.expandInput = .dictOfLists([
                .init(name: "env_vars", source: .literal([["B": "one"], ["B": "two"]]))
            ])
            launch.instance.key.mapIndex = 1
        }
        let answer = await OperatorHarness().run(launch)
        #expect(answer.events.contains("[base] pod two two"))
    }

    @Test func doubledDollarStandsForItself() {
        #expect(VariableReferences.expanded("$(A) $$(A) $A $(B) $( $", ["A": "x"]) == "x $(A) $A $(B) $( $")
    }

    /// A name that cannot be, a right that is missing: no try more mends that.
    @Test func aConfigurationFailureOfAPodIsFinal() {
        let kinds = [PodFailure.Class.configuration, .timeout].map { kind in
            (KubernetesPodOperation.native(PodFailure(kind, "why")) as? NativeFailure)?.kind
        }
        #expect(kinds == [.final, .failure])
        #expect(KubernetesPodOperation.native(PodFailure(.infrastructure, "why")) is LostLaunch)
    }
}
