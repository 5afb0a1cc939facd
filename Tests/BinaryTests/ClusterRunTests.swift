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

    private let double = KubernetesDouble(nodes: [KubernetesDouble.Node("node-1", gpus: 1)])
    private let server: DoubleServer
    private let program: BuiltProgram

    init() throws {
        server = try double.serve()
        program = try BuiltProgram(dags: ["dag.yaml": Self.chain, "cards/dag.yaml": Self.cards])
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
        #expect(double.objects(.pods).isEmpty && double.livePods.isEmpty)
        #expect(double.objects(.configmaps).isEmpty)
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

    @Test func aPodIsPrintedAsItWouldBeSent() throws {
        let result = try program.run("kubernetes", "render", "chain", "fetch", "-o", "json", "--namespace", "ml")
        #expect(result.status == 0, "\(result.errors)")
        let pod = try JSONValue.parse(result.output)
        #expect(pod["metadata"]?["namespace"] == "ml")
        #expect(pod["spec"]?["containers"]?[0]?["terminationMessagePath"] == "/airflow/xcom/return.json")
        #expect(try program.run("kubernetes", "render", "chain", "nothing").status == 1)
    }
}
