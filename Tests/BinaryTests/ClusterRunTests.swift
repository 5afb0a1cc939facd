import Foundation
import PipelineCore
import PipelineTestSupport
import Testing

/// `pipeline run --executor kubernetes` against an API server on loopback.
@Suite struct ClusterRunTests {
    private static let chain = """
        chain:
          tasks:
            fetch: {operator: KubernetesPodOperator, image: "busybox:1", cmds: [sh], arguments: [-c, "true"], do_xcom_push: true}
            train:
              operator: KubernetesPodOperator
              image: "busybox:{{ params.tag }}"
              cmds: [train]
              arguments: ["{{ ti.xcom_pull(task_ids='fetch')['rows'] }}"]
              dependencies: [fetch]
          params: {tag: {default: "1", type: string}}
        """

    private static let cards = """
        cards:
          tasks:
            one: {operator: KubernetesPodOperator, image: "busybox:1", resources: {gpu: 1}}
            two: {operator: KubernetesPodOperator, image: "busybox:1", resources: {gpu: 1}}
        """

    private static let programs = """
        programs:
          tasks:
            say: {operator: BashOperator, bash_command: "echo said", retries: 3, retry_delay: 300}
        """

    private let double = KubernetesDouble(nodes: [KubernetesDouble.Node("node-1", gpus: 1)])
    private let server: DoubleServer
    private let program: BuiltProgram

    init() throws {
        server = try double.serve()
        program = try BuiltProgram(dags: [
            "dag.yaml": Self.chain, "cards/dag.yaml": Self.cards, "programs/dag.yaml": Self.programs,
        ])
        let config = """
            apiVersion: v1
            kind: Config
            current-context: here
            clusters: [{name: c, cluster: {server: "\(server.url)"}}]
            users: [{name: u, user: {token: t}}]
            contexts: [{name: here, context: {cluster: c, user: u, namespace: pipelines}}]
            """
        _ = try program.file("kubeconfig", config)
    }

    private func start(_ arguments: String..., environment: [String: String] = [:]) throws -> RunningProgram {
        let kubeconfig = program.home.appending(path: "kubeconfig").path
        return try program.start(
            arguments + ["--executor", "kubernetes"],
            environment: ["KUBECONFIG": kubeconfig, "PIPELINE_FINISHED_POD_SECONDS": "0"].merging(environment) { $1 })
    }

    /// Time passes in the cluster for as long as the program runs.
    private func wait(for running: RunningProgram, until condition: () -> Bool = { false }) throws -> BuiltProgram.Result? {
        while running.process.isRunning, !condition() {
            double.advance(by: .milliseconds(50))
            usleep(1_000)
        }
        return condition() && running.process.isRunning ? nil : try running.wait()
    }

    @Test func eachTaskIsOnePodAndItsResultGoesOn() throws {
        double.script(.succeeds(log: ["rows read"], message: "{\"rows\": 7}"), for: .name("chain-fetch"))
        double.script(.succeeds(log: ["trained"]), for: .name("chain-train"))
        var train: JSONValue = .null
        let ended = try wait(for: try start("run", "chain", "-o", "json", "--param", "tag=v2", "--with-xcoms")) {
            if let pod = double.objects(.pods).first(where: { $0["metadata"]?["annotations"]?["task_id"] == "train" }) { train = pod }
            return false
        }
        let result = try #require(ended)
        #expect(result.status == 0, "\(result.errors)")
        #expect(double.count(.create, .pods) == 2)
        #expect(train["spec"]?["containers"]?[0]?["image"] == "busybox:v2")
        #expect(train["spec"]?["containers"]?[0]?["args"] == ["7"])
        let log = try program.run("tasks", "logs", "chain", "latest", "train").output
        #expect(log.contains("[base] trained"))
        #expect(double.objects(.configmaps).isEmpty)
        // The cluster's own collector takes the pods of an owner that has gone.
        for _ in 0..<100 where !double.objects(.pods).isEmpty { double.advance(by: .milliseconds(50)) }
        #expect(double.objects(.pods).isEmpty && double.livePods.isEmpty)
    }

    @Test func aRunThatIsKilledGoesOnWithItsPods() throws {
        double.script(.succeeds(after: .seconds(5), message: "{\"rows\": 7}"))
        let killed = try start("run", "chain", "--run-id", "r")
        #expect(try wait(for: killed) { !double.livePods.isEmpty } == nil)
        kill(killed.process.processIdentifier, SIGKILL)
        _ = try killed.wait()
        let result = try #require(try wait(for: try start("run", "chain", "--run-id", "r", "-o", "json")))
        #expect(result.status == 0, "\(result.errors)")
        #expect(double.count(.create, .pods) == 2)
    }

    @Test func aTaskThatWaitsForACardSaysSo() throws {
        double.script(.succeeds(after: .seconds(60)))
        let running = try start("run", "cards")
        var queued = ""
        _ = try wait(for: running) {
            guard double.livePods.count == 1, queued.isEmpty else { return false }
            queued = (try? program.run("queue", "-o", "json").output) ?? ""
            if !queued.contains("nvidia.com/gpu") { queued = "" }
            return false
        }
        #expect(queued.contains("waits for 1 nvidia.com/gpu (0 of 1 free); held by cards."), "\(queued)")
        let result = try running.wait()
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("waiting") && result.errors.contains("position 1 in the queue"))
        #expect(double.count(.create, .pods) == 2)
    }

    @Test func aPodThatFailsFailsTheRunAndSaysWhy() throws {
        double.script(.errImageNeverPull)
        let result = try #require(try wait(for: try start("run", "chain")))
        #expect(result.status == 1)
        #expect(result.errors.contains("ErrImageNeverPull"), "\(result.errors)")
    }

    @Test func aClusterThatCannotBeUsedIsSaidBeforeAnythingStarts() throws {
        let context = try #require(try wait(for: try start("run", "chain", "--context", "there")))
        #expect(context.status == 64)
        #expect(context.errors.contains("here"), "\(context.errors)")
        let missing = try #require(try wait(for: try start("run", "chain", "--kubeconfig", "/nonexistent/config")))
        #expect(missing.status == 64)
        #expect(missing.errors.contains("/nonexistent/config"))
        double.configure { $0.token = "another" }
        let expired = try #require(try wait(for: try start("run", "chain")))
        #expect(expired.status == 1)
        #expect(expired.errors.contains("credentials") || expired.errors.contains("401"), "\(expired.errors)")
        #expect(double.count(.create, .pods) == 0)
    }

    @Test func aTemplateThatIsNoneIsNamedWithItsPlace() throws {
        let file = try program.file("template.yaml", "kind: Deployment\nspec: {}\n")
        let result = try #require(
            try wait(for: try start("run", "chain", environment: ["PIPELINE_POD_TEMPLATE_FILE": file])))
        #expect(result.status == 64)
        #expect(result.errors.contains("template.yaml") && result.errors.contains("Deployment"))
    }

    /// At once, though it has retries: nothing would be otherwise the next time.
    @Test func aTaskThatNoWorkerCanRunSaysWhatToSet() throws {
        let result = try #require(try wait(for: try start("run", "programs", "-o", "json")))
        #expect(result.status == 1)
        #expect((result.errors + result.output).contains("process_tasks: local"), "\(result.errors)")
        #expect(double.count(.create, .pods) == 0)
    }

    @Test func aTaskThatNeedsAProcessRunsHereWhereThatIsSet() throws {
        let running = try start("run", "programs", environment: ["PIPELINE_PROCESS_TASKS": "local"])
        let result = try #require(try wait(for: running))
        #expect(result.status == 0, "\(result.errors)")
        #expect(try program.run("tasks", "logs", "programs", "latest", "say").output.contains("said"))
        #expect(double.count(.create, .pods) == 0)
    }

    private static let python = getenv("PIPELINE_TEST_PYTHON").map { String(cString: $0) }
    private static let pythonDAG = """
        from airflow.sdk import DAG, task
        from kubernetes.client import models as k8s

        override = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[], priority_class_name="high"))
        with DAG("workers", schedule=None):
            @task(executor_config={"pod_override": override}, retries=1)
            def work():
                return 1

            work()
        """

    /// Nobody reports, so the pod is made once more, and then the try has failed.
    @Test(.enabled(if: python != nil, "set PIPELINE_TEST_PYTHON to a Python with the Task SDK"))
    func aPythonTaskIsAPodOfTheWorkerImage() throws {
        try Data(Self.pythonDAG.utf8).write(to: program.dags.appending(path: "workers.py"))
        double.script(.succeeds(after: .seconds(1), log: [#"{"event": "Executing workload", "level": "info"}"#]))
        var pods: [String: JSONValue] = [:]
        let environment = [
            "PIPELINE_PYTHON": Self.python ?? "", "PIPELINE_EXECUTION_API_URL": "http://127.0.0.1:9/execution/",
            "AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_REPOSITORY": "registry/airflow",
            "AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_TAG": "3.3.2",
        ]
        let running = try start("run", "workers", "--run-id", "r", environment: environment)
        let early = try wait(for: running) {
            for pod in double.objects(.pods) { pods[pod["metadata"]?["name"]?.stringValue ?? ""] = pod }
            return pods.count == 2 && double.livePods.isEmpty
        }
        #expect(pods.count == 2, "\(early?.errors ?? "")")
        running.process.terminate()
        _ = try wait(for: running)
        let pod = try #require(pods.values.first)
        #expect(pod["spec"]?["priorityClassName"] == "high")
        let container = try #require(pod["spec"]?["containers"]?[0])
        #expect(container["image"] == "registry/airflow:3.3.2")
        let workload = try JSONValue.parse(try #require(container["args"]?[4]?.stringValue))
        #expect(workload["type"] == "ExecuteTask" && workload["dag_rel_path"] == "workers.py")
        #expect(workload["token"]?.stringValue?.split(separator: ".").count == 3)
        let log = try program.run("tasks", "logs", "workers", "r", "work").output
        #expect(log.contains("Executing workload") && log.contains("without reporting"), "\(log)")
        let mode = try FileManager.default.attributesOfItem(atPath: program.home.appending(path: "jwt_secret.key").path)
        #expect(mode[.posixPermissions] as? Int == 0o600)
    }

    @Test(.enabled(if: python != nil, "set PIPELINE_TEST_PYTHON to a Python with the Task SDK"))
    func whatAWorkerNeedsIsNamedAndItsPodPrintedWithoutAToken() throws {
        try Data(Self.pythonDAG.utf8).write(to: program.dags.appending(path: "workers.py"))
        let arguments = ["kubernetes", "render", "workers", "work", "-o", "json"]
        var environment = ["PIPELINE_PYTHON": Self.python ?? ""]
        let image = try program.run(arguments, environment: environment)
        #expect(image.status == 1 && image.errors.contains("worker_image"), "\(image.errors)")
        environment["PIPELINE_WORKER_IMAGE"] = "a:1"
        let address = try #require(try wait(for: try start("run", "workers", environment: environment)))
        #expect(address.status == 1 && address.errors.contains("execution_api_url"), "\(address.errors)")
        #expect(double.count(.create, .pods) == 0)
        environment["PIPELINE_EXECUTION_API_URL"] = "http://p/execution/"
        let result = try program.run(arguments, environment: environment)
        #expect(result.status == 0, "\(result.errors)")
        let text = try #require(try JSONValue.parse(result.output)["spec"]?["containers"]?[0]?["args"]?[4]?.stringValue)
        #expect(try JSONValue.parse(text)["token"] == "")
    }

    @Test func aRunSaysWhereItsPodsRanAndWhatIn() throws {
        double.script(.succeeds(message: "{\"rows\": 7}"))
        #expect(try wait(for: try start("run", "chain"))?.status == 0)
        let run = try JSONValue.parse(try program.run("runs", "show", "chain", "-o", "json").output)
        let tasks = try #require(run["task_instances"]?.arrayValue)
        #expect(tasks.map { $0["hostname"] } == ["node-1", "node-1"])
        #expect(tasks.allSatisfy { $0["image_id"]?.stringValue?.hasPrefix("sha256:") == true })
        let states = try program.run("tasks", "states", "chain").output
        #expect(states.contains("node-1") && states.contains("sha256:"), "\(states)")
    }

    @Test func aPodIsPrintedAsItWouldBeSent() throws {
        let result = try program.run("kubernetes", "render", "chain", "fetch", "-o", "json", "--namespace", "ml")
        #expect(result.status == 0, "\(result.errors)")
        let pod = try JSONValue.parse(result.output)
        #expect(pod["metadata"]?["namespace"] == "ml")
        #expect(pod["spec"]?["containers"]?[0]?["terminationMessagePath"] == "/airflow/xcom/return.json")
        #expect(try program.run("kubernetes", "render", "chain", "nothing").status == 1)
    }
}
