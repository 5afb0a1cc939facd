import PipelineCore
import Testing

@testable import K8sPodExecutor

struct PodBuilderTests {
    private func build(
        _ extra: JSONObject = [:], launch: TaskLaunch = PodHarness.launch("train_model", dagID: "cifar100_classification"),
        _ change: (inout KubernetesSettings) -> Void = { _ in }
    ) throws -> JSONValue {
        var settings = KubernetesSettings(namespace: "ml", installation: "one")
        change(&settings)
        return try PodBuilder(settings).build(launch, attributes: PodHarness.attributes(extra)).pod
    }

    private func container(_ pod: JSONValue) -> JSONValue { pod["spec"]?["containers"]?[0] ?? .null }

    private func environment(_ pod: JSONValue) -> [String: String] {
        Dictionary(
            (container(pod)["env"]?.arrayValue ?? []).map { ($0["name"]?.stringValue ?? "", $0["value"]?.stringValue ?? "") }
        ) { $1 }
    }

    @Test func aPodSaysWhoseItIs() throws {
        let pod = try build()
        #expect(pod["metadata"]?["name"]?.stringValue?.hasPrefix("cifar100-classification-train-model-") == true)
        #expect(pod["metadata"]?["namespace"] == "ml")
        let labels = pod["metadata"]?["labels"]
        #expect(labels?["dag_id"] == "cifar100_classification")
        #expect(labels?["task_id"] == "train_model")
        #expect(labels?["try_number"] == "1")
        #expect(labels?["team"] == "ml")
        #expect(labels?["app.kubernetes.io/managed-by"] == "pipeline")
        #expect(labels?["kubernetes_pod_operator"] == "True")
        // A label cannot hold the id, the annotation does.
        #expect(labels?["run_id"] != pod["metadata"]?["annotations"]?["run_id"])
        #expect(pod["metadata"]?["annotations"]?["run_id"] == "manual__2026-01-01T00:00:00+00:00")
    }

    @Test func theResultIsTheTerminationMessage() throws {
        #expect(container(try build())["terminationMessagePath"] == "/airflow/xcom/return.json")
        let pod = try build(["do_xcom_push": false])
        #expect(container(pod)["terminationMessagePath"] == nil)
        #expect(environment(pod)["PIPELINE_XCOM_PATH"] == nil)
        #expect(environment(pod)["PIPELINE_ATTEMPT"] == "1.1.1")
    }

    @Test func whatTheAuthorWroteStays() throws {
        let pod = try build([
            "env_vars": [["name": "PIPELINE_ATTEMPT", "value": "mine"]], "cmds": ["python"], "arguments": ["-c", "1"],
            "container_resources": ["limits": ["memory": "1Gi"]],
        ])
        #expect(environment(pod)["PIPELINE_ATTEMPT"] == "mine")
        #expect(container(pod)["command"] == ["python"])
        #expect(container(pod)["args"] == ["-c", "1"])
        #expect(container(pod)["resources"] == ["limits": ["memory": "1Gi"]])
    }

    @Test func aSiteTemplateLiesUnderEveryPod() throws {
        let pod = try build { settings in
            settings.template = [
                "metadata": ["labels": ["cost-center": "7", "team": "site"]],
                "spec": [
                    "serviceAccountName": "runner", "imagePullSecrets": [["name": "registry"]],
                    "containers": [["name": "base", "env": [["name": "SITE", "value": "a"]]]],
                ],
            ]
        }
        #expect(pod["spec"]?["serviceAccountName"] == "runner")
        #expect(pod["metadata"]?["labels"]?["cost-center"] == "7")
        #expect(pod["metadata"]?["labels"]?["team"] == "ml")
        #expect(environment(pod)["SITE"] == "a")
        #expect(pod["spec"]?["containers"]?.arrayValue?.count == 1)
    }

    @Test func anAcceleratorBringsItsTolerationAndSharedMemory() throws {
        let pod = try build(["container_resources": ["limits": ["nvidia.com/mig-1g.10gb": "1"]]])
        #expect(pod["spec"]?["tolerations"] == [["key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"]])
        #expect(pod["spec"]?["volumes"] == [["name": "dshm", "emptyDir": ["medium": "Memory", "sizeLimit": "1Gi"]]])
        #expect(container(pod)["volumeMounts"] == [["name": "dshm", "mountPath": "/dev/shm"]])
        #expect(try build()["spec"]?["tolerations"] == nil)
    }

    @Test func aFractionOfADeviceNeedsMoreThanItsNumber() throws {
        let pod = try build(["container_resources": ["limits": ["nvidia.com/gpu": "1"]]]) { settings in
            settings.accelerators = AcceleratorTable(entries: [
                .init(resource: "nvidia.com/gpu", nodeSelector: ["gpu": "on"], companions: ["nvidia.com/gpumem": "8000"])
            ])
        }
        #expect(container(pod)["resources"]?["limits"] == ["nvidia.com/gpu": "1", "nvidia.com/gpumem": "8000"])
        #expect(pod["spec"]?["nodeSelector"] == ["gpu": "on"])
    }

    @Test func theRestrictedLevelIsMetUnlessMoreIsAskedFor() throws {
        let pod = try build()
        #expect(pod["spec"]?["securityContext"]?["runAsNonRoot"] == true)
        #expect(pod["spec"]?["securityContext"]?["seccompProfile"] == ["type": "RuntimeDefault"])
        #expect(container(pod)["securityContext"]?["allowPrivilegeEscalation"] == false)
        #expect(container(pod)["securityContext"]?["capabilities"] == ["drop": ["ALL"]])
        let open = try build { $0.isRestricted = false }
        #expect(open["spec"]?["securityContext"] == nil)
        let root = try build([
            "pod": ["spec": ["securityContext": ["runAsUser": 0], "containers": [["name": "base", "image": "i"]]]]
        ])
        #expect(root["spec"]?["securityContext"] == ["runAsUser": 0])
    }

    @Test func anotherSchedulerFindsItsQueue() throws {
        let spec: JSONValue = ["schedulerName": "volcano", "containers": [["name": "base", "image": "i"]]]
        let pod = try build(["pod": ["spec": spec]])
        #expect(pod["metadata"]?["annotations"]?["scheduling.volcano.sh/queue-name"] == "default")
    }

    @Test func whatHasNoMeaningIsNamed() {
        #expect(throws: PodBuildError.self) { try build(["on_finish_action": "burn"]) }
        var launch = PodHarness.launch()
        launch.task.executorConfig = ["on_oom": ["memory": "double"]]
        let wrong = launch
        #expect(throws: PodBuildError.self) { try build(launch: wrong) }
        #expect(throws: PodBuildError.self) { try build(["base_container_name": "main"]) }
        #expect(throws: PodBuildError.self) { try build(["image": "", "pod": ["spec": ["containers": [["name": "base"]]]]]) }
    }

    @Test func aPlanComesBackFromItsAnnotation() throws {
        var plan = PodPlan()
        (plan.baseContainer, plan.pushesXCom, plan.skipExitCodes) = ("main", true, [3, 4])
        (plan.finishAction, plan.startSeconds) = (.deleteSucceeded, 7)
        plan.memory = MemoryGrowth(factor: 1.5, maximum: "8Gi")
        #expect(PodPlan(annotation: plan.json.serialized()) == plan)
        #expect(PodPlan(annotation: "nonsense") == nil)
    }
}
