import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

@testable import LocalExecutor

/// Which tasks run where, with a cluster.
struct ProcessesInPodsTests {
    private let harness = OperatorHarness()
    private let workers = FakeWorkers()

    private func setup(_ pods: FakeWorkers, processesInPods: Bool) -> LocalExecutorSetup {
        var setup = harness.setup
        setup.pods = pods
        setup.runsProcessesInPods = processesInPods
        return setup
    }

    private func run(_ launch: TaskLaunch, processesInPods: Bool = true) async -> RunnerEnd? {
        let setup = setup(workers, processesInPods: processesInPods)
        let runner = WorkerPodRunner(workers, service: harness.service, setup: setup)
        let executor = LocalExecutor(setup: setup, service: harness.service, python: runner)
        await executor.launch(launch)
        await harness.service.waitForEnds(1)
        return harness.service.state.withLock { $0.ended[launch.id]?.first }
    }

    private static let bash = "airflow.providers.standard.operators.bash.BashOperator"
    private static let bashSensor = "airflow.providers.standard.sensors.bash.BashSensor"

    @Test(arguments: [bash, bashSensor])
    func aProgramRunsInAWorkersPod(_ operatorClass: String) async throws {
        #expect(await run(try OperatorHarness.launch(operatorClass, ["bash_command": "exit 1"])) == .outcome(.success()))
        #expect(workers.launches.count == 1)
    }

    @Test func aTaskThatNeedsPythonRunsInAWorkersPod() async throws {
        let launch = try OperatorHarness.launch("PythonOperator", [:]) { $0.task.native = nil }
        #expect(await run(launch) == .outcome(.success()))
        #expect(workers.launches.map(\.id) == [launch.id])
    }

    @Test func whatNeedsNoProcessStaysInTheScheduler() async throws {
        let launch = try OperatorHarness.launch("airflow.providers.standard.operators.empty.EmptyOperator", [:])
        #expect(await run(launch) == .outcome(.success()))
        #expect(workers.launches.isEmpty)
    }

    @Test func aProgramRunsHereWhereThatIsWanted() async throws {
        let launch = try OperatorHarness.launch(Self.bash, ["bash_command": "exit 1"])
        guard case .outcome(.failedMayRetry)? = await run(launch, processesInPods: false) else {
            Issue.record("the command did not run here")
            return
        }
        #expect(workers.launches.isEmpty)
    }

    /// A second launch while the first one's pod runs would be two at once.
    @Test func aRestartGoesOnWithWhatMayHaveAPod() throws {
        let python = try OperatorHarness.launch("PythonOperator", [:]) { $0.task.native = nil }
        #expect(setup(workers, processesInPods: true).outlivesPipeline(python))
        #expect(!setup(workers, processesInPods: false).outlivesPipeline(python))
        let pod = try OperatorHarness.launch(KubernetesPodOperation.operatorClass, [:])
        #expect(setup(workers, processesInPods: false).outlivesPipeline(pod))
        #expect(!harness.setup.outlivesPipeline(pod))
    }

    // MARK: Results of pods

    private func podAnswer(_ result: PodResult) async throws -> OperatorHarness.Answer {
        let attributes: JSONObject = [
            "do_xcom_push": true, "image": "i", "pod": ["spec": ["containers": [["name": "base", "image": "i"]]]],
        ]
        let launch = try OperatorHarness.launch(KubernetesPodOperation.operatorClass, attributes)
        let setup = setup(FakeWorkers(pod: result), processesInPods: false)
        let control = LaunchControl(grace: .seconds(5), clock: harness.clock)
        let end = await NativeTaskRunner(setup: setup, service: harness.service).run(launch, control: control)
        return OperatorHarness.Answer(
            end: end, lines: harness.lines(launch), xcoms: harness.service.state.withLock { $0.xcoms })
    }

    @Test func aResultOfAnyLengthIsTaken() async throws {
        let text = "\"" + String(repeating: "a", count: 1 << 20) + "\""
        let answer = try await podAnswer(
            PodResult(name: "p", namespace: "n", exitCode: 0, result: text, node: "node-1", imageID: "i@sha256:1"))
        #expect(answer.outcome == .success())
        #expect(answer.xcoms["task/return_value"]?.stringValue?.utf8.count == 1 << 20)
        let started = harness.service.state.withLock { $0.started }
        #expect(started.map(\.hostname) == ["node-1"] && started.map(\.imageID) == ["i@sha256:1"])
    }

    @Test func aResultThatWasCutNamesTheSetting() async throws {
        var result = PodResult(name: "p", namespace: "n", exitCode: 0, result: String(repeating: "1", count: 4_096))
        result.isResultCut = true
        let exception = try await podAnswer(result).exception
        #expect(exception?.contains("xcom: sidecar") == true, "\(exception ?? "")")
    }

    @Test func aResultThatIsNoJSONFailsAsInAirflow() async throws {
        let exception = try await podAnswer(PodResult(name: "p", namespace: "n", exitCode: 0, result: "{")).exception
        #expect(exception?.hasPrefix("JSONDecodeError") == true, "\(exception ?? "")")
    }
}
