import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

@testable import LocalExecutor

struct WorkerPodRunnerTests {
    private let harness = OperatorHarness()

    private func launch(_ configure: (inout TaskLaunch) -> Void = { _ in }) throws -> TaskLaunch {
        try OperatorHarness.launch("PythonOperator", [:]) { launch in
            launch.task.native = nil
            configure(&launch)
        }
    }

    private func run(
        _ launch: TaskLaunch, ending reason: TerminationReason? = nil, _ course: @escaping FakeWorkers.Course
    ) async -> RunnerEnd {
        let runner = WorkerPodRunner(FakeWorkers(course), service: harness.service, setup: harness.setup)
        let control = LaunchControl(grace: .seconds(5), clock: harness.clock)
        if let reason { control.terminate(reason) }
        return await runner.run(launch, control: control)
    }

    private var started: [StartedProcess] { harness.service.state.withLock { $0.started } }

    @Test func nodeAndImageAreToldOnce() async throws {
        let end = await run(try launch()) { reporter in
            await reporter.started(host: "node-1", image: "airflow@sha256:1")
            await reporter.started(host: "node-2", image: "airflow@sha256:1")
            return .outcome(.skipped())
        }
        #expect(end == .outcome(.skipped()))
        #expect(started.map(\.hostname) == ["node-1"] && started.first?.imageID == "airflow@sha256:1")
    }

    /// The worker prints the lines of its log; a program below it prints what it likes.
    @Test func itsLinesBecomeThoseOfTheTry() async throws {
        let launch = try launch()
        let stamp = Timestamp(seconds: 1_767_225_601.25)
        _ = await run(launch) { reporter in
            let json = #"{"timestamp":"2026-01-01T00:00:00Z","level":"error","event":"Task failed","logger":"task","n":1,"exception":[]}"#
            reporter.line(json, container: "base", at: stamp)
            reporter.line("plain { text", container: "base", at: stamp)
            reporter.line(#"{"no":"event"}"#, container: "base", at: stamp)
            return .outcome(.success())
        }
        let lines = harness.lines(launch)
        #expect(lines.map(\.event) == ["Task failed", "plain { text", #"{"no":"event"}"#])
        #expect(lines.map(\.level) == ["error", "info", "info"])
        #expect(lines[0].fields["n"] == 1 && lines[0].fields["error_detail"] == [] && lines[0].fields["exception"] == nil)
        #expect(lines[0].fields["timestamp"]?.stringValue?.hasPrefix("2026-01-01T00:00:01.25") == true)
    }

    /// Whoever goes on with a pod has to know which lines are of it.
    @Test func linesOfThePodAreToldFromOurOwn() async throws {
        let launch = try launch()
        let stamp = Timestamp(seconds: 1_767_225_601)
        _ = await run(launch) { reporter in
            reporter.say("Created pod p", isProblem: false)
            #expect(reporter.written() == nil)
            for _ in 0..<2 { reporter.line("x", container: "base", at: stamp) }
            #expect(reporter.written() == WrittenLines(newest: stamp, inNewestSecond: 2, inSecondBefore: 0))
            return .outcome(.success())
        }
    }

    @Test(
        arguments: [
            (.infrastructure, .lost(reason: "why")), (.configuration, .outcome(.died(reason: "why", isFinal: true))),
            (.timeout, .outcome(.died(reason: "why"))),
        ] as [(PodFailure.Class, RunnerEnd)])
    func aPodThatCannotBeMadeHasItsClass(_ kind: PodFailure.Class, _ expected: RunnerEnd) async throws {
        let launch = try launch()
        let end = await run(launch) { _ in throw PodFailure(kind, "why") }
        #expect(end == expected)
        #expect(harness.lines(launch).contains { $0.level == "error" && $0.event.contains("why") })
        #expect(started.isEmpty == (kind == .infrastructure), "an end is told after a start")
    }

    @Test func aLostLaunchIsLost() async throws {
        #expect(await run(try launch()) { _ in .lost(reason: "evicted") } == .lost(reason: "evicted"))
    }

    @Test func whatSomebodyHasEndedHasSaidNothing() async throws {
        let ended: FakeWorkers.Course = { _ in throw CancellationError() }
        let text = "ended: \(TerminationReason.stateSet.rawValue)"
        #expect(await run(try launch(), ending: .stateSet, ended) == .outcome(.died(reason: text)))
    }

    @Test func aShutdownLeavesThePodAlone() async throws {
        #expect(await run(try launch(), ending: .shutdown) { _ in throw CancellationError() } == .leftRunning)
        #expect(started.isEmpty)
    }
}
