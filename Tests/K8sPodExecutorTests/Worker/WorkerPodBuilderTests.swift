import PipelineCore
import PipelineTestSupport
import Testing

@testable import K8sPodExecutor

struct WorkerPodBuilderTests {
    private static func settings() -> KubernetesSettings {
        var settings = KubernetesSettings(namespace: "ml", installation: "one")
        settings.workers.image = "apache/airflow:3.3.2"
        settings.workers.executionAPI = "http://pipeline:8080/execution/"
        return settings
    }

    private func launch(_ executorConfig: JSONValue = .null) -> TaskLaunch {
        var launch = PodHarness.launch("train_model", dagID: "cifar100", mapIndex: 2)
        launch.task.executorConfig = executorConfig
        return launch
    }

    private func build(
        _ executorConfig: JSONValue = .null, _ change: (inout KubernetesSettings) -> Void = { _ in }
    ) throws -> JSONValue {
        var settings = Self.settings()
        change(&settings)
        return try WorkerPodBuilder(settings).build(launch(executorConfig)).pod
    }

    private func failure(
        _ executorConfig: JSONValue = .null, _ change: (inout KubernetesSettings) -> Void = { _ in }
    ) -> PodBuildError? {
        do {
            _ = try build(executorConfig, change)
            Issue.record("a pod was built")
            return nil
        } catch {
            return error as? PodBuildError
        }
    }

    private func container(_ pod: JSONValue) -> JSONValue { pod["spec"]?["containers"]?[0] ?? .null }

    private func environment(_ pod: JSONValue) -> [String: String] {
        Dictionary(
            (container(pod)["env"]?.arrayValue ?? []).map { ($0["name"]?.stringValue ?? "", $0["value"]?.stringValue ?? "") }
        ) { $1 }
    }

    /// As a serialized DAG has it.
    private func override(_ pod: JSONValue) -> JSONValue {
        ["__type": "dict", "__var": ["pod_override": ["__type": "k8s.V1Pod", "__var": pod]]]
    }

    @Test func aWorkerIsStartedAsAirflowStartsIt() throws {
        let pod = try build()
        let base = container(pod)
        #expect(base["name"] == "base" && base["image"] == "apache/airflow:3.3.2")
        #expect(base["command"] == nil, "the image's entry point runs the arguments")
        let arguments = try #require(base["args"]?.arrayValue)
        #expect(arguments.dropLast() == ["python", "-m", "airflow.sdk.execution_time.execute_workload", "--json-string"])
        let workload = try JSONValue.parse(try #require(arguments.last?.stringValue))
        #expect(workload["ti"]?["task_id"] == "train_model" && workload["ti"]?["map_index"] == 2)
        #expect(workload["token"] == "", "what is shown of a pod is no secret")
        #expect(pod["spec"]?["restartPolicy"] == "Never")
        #expect(base["terminationMessagePath"] == nil)
    }

    @Test func itsEnvironmentSaysWhomToReportTo() throws {
        let plain = environment(try build())
        #expect(plain["AIRFLOW_IS_K8S_EXECUTOR_POD"] == "True")
        #expect(plain["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://pipeline:8080/execution/")
        #expect(plain["AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL"] == "1")
        #expect(plain["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"] == nil)
        #expect(plain["AIRFLOW_CTX_DAG_ID"] == nil, "the worker sets its task's own")
        let bundles = #"[{"name": "dags-folder"}]"#
        let listed = environment(try build { $0.workers.bundles = bundles })
        #expect(listed["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"] == bundles)
    }

    @Test func itHasTheLabelsOfAirflowsExecutor() throws {
        let metadata = try #require(try build()["metadata"])
        let labels = try #require(metadata["labels"])
        #expect(labels["kubernetes_executor"] == "True" && labels["kubernetes_pod_operator"] == nil)
        #expect(labels["airflow-worker"] == "one" && labels["map_index"] == "2" && labels["dag_id"] == "cifar100")
        #expect(metadata["annotations"]?["run_id"] == "manual__2026-01-01T00:00:00+00:00")
    }

    @Test func itRunsAsTheUserOfAirflowsImage() throws {
        #expect(try build()["spec"]?["securityContext"]?["runAsUser"] == 50_000)
        #expect(try build { $0.isRestricted = false }["spec"]?["securityContext"] == nil)
    }

    @Test func theSitesTemplateLiesBelowAndTheAuthorsPodAbove() throws {
        let pod: JSONValue = [
            "metadata": ["labels": ["team": "ml"]],
            "spec": [
                "serviceAccountName": "trainer",
                "containers": [
                    [
                        "name": "base", "image": "team/airflow:1", "env": [["name": "A", "value": "author"]],
                        "resources": ["limits": ["nvidia.com/gpu": "1"]],
                    ]
                ],
            ],
        ]
        let made = try build(override(pod)) { settings in
            settings.template = [
                "metadata": ["labels": ["team": "site", "cost-center": "7"]],
                "spec": [
                    "serviceAccountName": "runner", "nodeSelector": ["pool": "workers"],
                    "containers": [["name": "base", "image": "site/airflow:1", "env": [["name": "B", "value": "site"]]]],
                ],
            ]
        }
        #expect(made["metadata"]?["labels"]?["team"] == "ml" && made["metadata"]?["labels"]?["cost-center"] == "7")
        #expect(made["spec"]?["serviceAccountName"] == "trainer" && made["spec"]?["nodeSelector"]?["pool"] == "workers")
        #expect(container(made)["image"] == "team/airflow:1")
        #expect(environment(made)["A"] == "author" && environment(made)["B"] == "site")
        #expect(container(made)["args"]?.arrayValue?.count == 5)
        #expect(made["spec"]?["tolerations"]?[0]?["key"] == "nvidia.com/gpu", "accelerators bring what they need")
    }

    /// A pod may be written as nested dictionaries, which are encoded on all levels.
    @Test func aPodThatIsWrittenAsDictionariesIsRead() throws {
        func encoded(_ members: JSONObject) -> JSONValue { ["__type": "dict", "__var": .object(members)] }
        let pod = encoded(["spec": encoded(["priorityClassName": "high", "containers": []])])
        #expect(try build(encoded(["pod_override": pod]))["spec"]?["priorityClassName"] == "high")
    }

    @Test(
        arguments: [
            ("a text", "executor_config.pod_override", "\"a text\""),
            (["__type": "k8s.V1Pod", "__var": ["sepc": [:]]], "executor_config.pod_override.sepc", "no such field"),
            (["__type": "k8s.V1Pod", "__var": ["spec": []]], "executor_config.pod_override.spec", "an object is expected"),
            (["__type": "set", "__var": [1]], "executor_config.pod_override", "set"),
        ] as [(JSONValue, String, String)])
    func whatIsNoPodIsRefusedWithItsPlace(_ value: JSONValue, _ field: String, _ text: String) throws {
        let error = try #require(failure(["__type": "dict", "__var": ["pod_override": value]]))
        #expect(error.field == field)
        #expect(error.message.contains(text) && error.message.contains("task train_model"), "\(error)")
    }

    @Test func aTemplateOfATaskIsRefusedNotOverlooked() {
        let error = failure(["__type": "dict", "__var": ["pod_template_file": "/t.yaml"]])
        #expect(error?.field == "executor_config.pod_template_file")
    }

    @Test func whatIsMissingIsNamed() {
        let image = failure { $0.workers.image = nil }
        #expect(image?.field == "worker_image" && image?.message.contains("process_tasks: local") == true)
        let address = failure { $0.workers.executionAPI = nil }
        #expect(address?.field == "execution_api_url" && address?.message.contains("process_tasks: local") == true)
    }

    /// It would look for the DAG for minutes, and fail.
    @Test func aDAGThatNoWorkerCanReadIsRefused() throws {
        var builder = DAGBuilder("programs")
        builder.header.relativeFileLocation = "programs/dag.yaml"
        builder.task("train_model")
        var launch = launch()
        launch.dag = try builder.build()
        let error = #expect(throws: PodBuildError.self) { try WorkerPodBuilder(Self.settings()).build(launch) }
        #expect(error?.field == "programs/dag.yaml" && error?.message.contains("process_tasks: local") == true)
    }

    @Test func theTemplateMaySayWhatTheSettingsDoNot() throws {
        let pod = try build { settings in
            settings.workers.image = nil
            settings.workers.executionAPI = nil
            settings.template = [
                "spec": [
                    "containers": [
                        [
                            "name": "base", "image": "site/airflow:1",
                            "env": [["name": "AIRFLOW__CORE__EXECUTION_API_SERVER_URL", "value": "http://site/execution/"]],
                        ]
                    ]
                ]
            ]
        }
        #expect(container(pod)["image"] == "site/airflow:1")
        #expect(environment(pod)["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://site/execution/")
    }

    @Test func theTokenIsPutInWhenThePodIsSent() throws {
        let builder = WorkerPodBuilder(Self.settings())
        let request = try builder.build(launch())
        let sealed = builder.sealed(request, launch(), token: "secret")
        let text = try #require(container(sealed.pod)["args"]?[4]?.stringValue)
        #expect(try JSONValue.parse(text)["token"] == "secret")
        #expect(sealed.name == request.name)
    }
}
