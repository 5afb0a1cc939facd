import CPosix
import ChildProcesses
import Glibc
import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

@testable import LocalExecutor

struct LocalExecutorTests {
    /// What Python would have to do is not asked for here.
    private struct NoPython: TaskRunner {
        func run(_ launch: TaskLaunch, control: LaunchControl) async -> RunnerEnd {
            .notStarted(reason: "there is no Python")
        }
    }

    private let harness = OperatorHarness(clock: TestClock())
    private var service: FakeTaskService { harness.service }

    private func executor() -> LocalExecutor {
        LocalExecutor(setup: harness.setup, service: service, python: NoPython())
    }

    private func launch(_ command: String) throws -> TaskLaunch {
        try OperatorHarness.launch(BashOperation.operatorClass, ["bash_command": .string(command)])
    }

    private func ends(of launch: TaskLaunch) -> [RunnerEnd]? { service.state.withLock { $0.ended[launch.id] } }

    @Test func fiveHundredLaunchesAtOnceAllEnd() async throws {
        let executor = executor()
        let launches = try (0..<500).map { index in
            var launch = try launch("echo \(index)")
            launch.instance.key.mapIndex = index
            return launch
        }
        for launch in launches { await executor.launch(launch) }
        await service.waitForEnds(500)
        #expect(launches.allSatisfy { ends(of: $0) == [.outcome(.success())] })
        #expect(service.state.withLock { $0.started.count } == 500)
    }

    @Test func secondLaunchWithTheSameIDDoesNothing() async throws {
        let signal = harness.makeSignal()
        let executor = executor()
        let launch = try launch("read LINE < \(signal)")
        await executor.launch(launch)
        await executor.launch(launch)
        let descriptor = open(signal, O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        #expect(write(descriptor, "go\n", 3) == 3)
        await service.waitForEnds(1)
        await executor.shutdown()
        #expect(ends(of: launch) == [.outcome(.success())])
        #expect(service.state.withLock { $0.started.count } == 1)
    }

    @Test func terminationThatComesBeforeTheProcessEndsIt() async throws {
        let control = LaunchControl(grace: .seconds(5), clock: harness.clock)
        control.terminate(.cleared)
        let answer = await harness.run(try launch("sleep 1000"), control: control)
        #expect(answer.outcome == .failed(reason: "ended: cleared"))
    }

    @Test func terminatingAnUnknownLaunchIsIgnored() async throws {
        await executor().terminate(LaunchID(tryID: try launch("true").id.tryID, number: 1), reason: .cleared)
    }

    @Test func shutdownEndsAllAndReportsThemLost() async throws {
        let signal = harness.makeSignal()
        let executor = executor()
        let launch = try launch("echo $$ > \(signal); sleep 1000")
        await executor.launch(launch)
        let pid = try #require(pid_t(await OperatorHarness.line(from: signal)))
        await executor.shutdown()
        #expect(!OperatorHarness.isRunning(pid))
        #expect(ends(of: launch) == [.lost(reason: "pipeline was shut down")])
    }

    @Test func emptyOperatorWithOutletsTellsOfItsAssets() async throws {
        let launch = try OperatorHarness.launch(EmptyOperation.operatorClass, [:]) { launch in
            launch.task.outlets = [["__type": "asset", "name": "a", "uri": "s3://a"]]
        }
        let outlet: JSONValue = ["name": "a", "uri": "s3://a", "type": "Asset"]
        #expect(await harness.run(launch).outcome == .success(outlets: [outlet]))
    }

    @Test func whatIsNotNativeGoesToPython() async throws {
        let launch = try OperatorHarness.launch("my.Operator", [:])
        await executor().launch(launch)
        await service.waitForEnds(1)
        #expect(ends(of: launch) == [.notStarted(reason: "there is no Python")])
    }

    @Test func logThatCannotBeWrittenIsALaunchThatFailed() async throws {
        let launch = try launch("true")
        let path = harness.folder + "/dag_id=dag"
        try SmallFile.write([], to: path)
        await executor().launch(launch)
        await service.waitForEnds(1)
        guard case .notStarted(let reason)? = ends(of: launch)?.first else { Issue.record("it started"); return }
        #expect(reason.contains("cannot"))
    }

    /// A process as a `pipeline` that was killed leaves it: in a session of its own, and nobody's child that matters.
    private func leftover() async throws -> (process: ChildProcess, pid: pid_t) {
        let signal = harness.makeSignal()
        let process = try ChildProcess(
            ProcessRequest(
                command: ["/bin/sh", "-c", "echo $$ > \(signal); sleep 1000"], environment: [:], workingDirectory: nil))
        process.begin(output: { _ in }, willReap: {})
        return (process, try #require(pid_t(await OperatorHarness.line(from: signal))))
    }

    @Test func leftoverOfAKilledPipelineIsEndedAndReportedLost() async throws {
        let (process, pid) = try await leftover()
        var launch = try launch("true")
        launch.instance.pid = Int(pid)
        launch.instance.pidStartTime = process.startTime
        launch.instance.launchNumber = 1
        await executor().settle([launch])
        #expect(await process.wait() == .signaled(SIGKILL))
        #expect(ends(of: launch) == [.lost(reason: "the pipeline process that ran it has ended")])
    }

    /// Else four restarts of `pipeline` would fail a task that runs for days.
    @Test func whatAStoppedPipelineHasEndedIsNoLoss() async throws {
        var launch = try launch("true")
        (launch.instance.pid, launch.instance.pidStartTime, launch.instance.launchNumber) = (4_194_303, 1, 1)
        var setup = harness.setup
        setup.predecessorWasStopped = true
        await LocalExecutor(setup: setup, service: service, python: NoPython()).settle([launch])
        #expect(service.state.withLock { $0.stopped } == [launch.id])
        #expect(ends(of: launch) == nil)
    }

    /// Its scheduler, which may live, is given the time to notice that it was superseded.
    @Test func whatMayRunOnThePredecessorsHostIsWaitedFor() async throws {
        var launch = try launch("true")
        launch.instance.launchNumber = 1
        let clock = TestClock()
        var setup = harness.setup
        (setup.predecessorHost, setup.clock) = ("elsewhere", clock)
        await LocalExecutor(setup: setup, service: service, python: NoPython()).settle([launch])
        await clock.waitForSleepers()
        #expect(ends(of: launch) == nil)
        clock.advance(by: setup.killGrace + .seconds(5))
        await service.waitForEnds(1)
        #expect(ends(of: launch) == [.lost(reason: "the pipeline process on elsewhere that ran it was superseded")])
    }

    @Test func aLeaderWhoseTermMayBeOverBeginsNothing() async throws {
        let launch = try launch("true")
        var setup = harness.setup
        setup.isInForce = { false }
        let executor = LocalExecutor(setup: setup, service: service, python: NoPython())
        await executor.launch(launch)
        await executor.shutdown()
        #expect(ends(of: launch) == nil)
        #expect(service.state.withLock { $0.started }.isEmpty)
    }

    /// Killed between the start of the process and the commit that would have said so.
    @Test func leftoverThatNobodyWroteDownIsFoundByItsLaunch() async throws {
        var launch = try launch("true")
        launch.instance.launchNumber = 1
        let other = LaunchID(tryID: launch.id.tryID, number: launch.id.number + 1)
        let signals = [harness.makeSignal(), harness.makeSignal()]
        let processes = try zip(signals, [launch.id, other]).map { signal, id in
            try ChildProcess(
                ProcessRequest(
                    command: ["/bin/sh", "-c", "echo $$ > \(signal); sleep 1000"],
                    environment: [LaunchMarker.name: LaunchMarker.value(id)], workingDirectory: nil))
        }
        for process in processes { process.begin(output: { _ in }, willReap: {}) }
        var pids: [pid_t] = []
        for signal in signals { pids.append(try #require(pid_t(await OperatorHarness.line(from: signal)))) }
        defer { _ = cposix_kill_group(pids[1], SIGKILL) }
        await executor().settle([launch])
        #expect(await processes[0].wait() == .signaled(SIGKILL))
        #expect(OperatorHarness.isRunning(pids[1]))
        #expect(ends(of: launch) == [.lost(reason: "the pipeline process that ran it has ended")])
    }

    /// Killed between the commit of a stop and the end of the process. What is not known to have ended, or is known only to
    /// somebody else's store, goes on; so does what a task had left behind that ended by itself.
    @Test(arguments: [(isEnded: true, hasOwnPID: true), (true, false), (false, true)])
    func leftoverOfAStoppedLaunchIsEnded(_ isEnded: Bool, _ hasOwnPID: Bool) async throws {
        var launch = try launch("true")
        launch.instance.launchNumber = 1
        let signal = harness.makeSignal()
        let process = try ChildProcess(
            ProcessRequest(
                command: ["/bin/sh", "-c", "echo $$ > \(signal); sleep 1000"],
                environment: [
                    LaunchMarker.name: LaunchMarker.value(launch.id),
                    LaunchMarker.taskName: LaunchMarker.value(launch.instance.key),
                ], workingDirectory: nil))
        process.begin(output: { _ in }, willReap: {})
        let pid = try #require(pid_t(await OperatorHarness.line(from: signal)))
        defer { _ = cposix_kill_group(pid, SIGKILL) }
        (launch.instance.pid, launch.instance.pidStartTime) = (Int(pid), process.startTime + (hasOwnPID ? 0 : 1))
        let (id, row) = (launch.id, launch.instance)
        let count = try await executor().endLeftovers { asked, task in
            asked == id && task == row.key && isEnded ? row : nil
        }
        #expect(count == (isEnded && hasOwnPID ? 1 : 0))
        guard isEnded, hasOwnPID else {
            #expect(OperatorHarness.isRunning(pid))
            return
        }
        #expect(await process.wait() == .signaled(SIGKILL))
    }

    /// A takeover launches what is due, and only then looks for leftovers.
    @Test func whatThisProcessHasLaunchedIsNoLeftover() async throws {
        let signal = harness.makeSignal()
        let launch = try launch("echo $$ > \(signal); sleep 1000")
        let executor = executor()
        await executor.launch(launch)
        let pid = try #require(pid_t(await OperatorHarness.line(from: signal)))
        await executor.settle([launch])
        #expect(OperatorHarness.isRunning(pid))
        #expect(ends(of: launch)?.isEmpty != false)
        await executor.shutdown()
    }

    @Test func processThatOnlyHasTheSameNumberIsSpared() async throws {
        let (process, pid) = try await leftover()
        defer { _ = cposix_kill_group(pid, SIGKILL) }
        var launch = try launch("true")
        launch.instance.pid = Int(pid)
        launch.instance.pidStartTime = process.startTime + 1
        launch.instance.launchNumber = 1
        await executor().settle([launch])
        #expect(OperatorHarness.isRunning(pid))
        #expect(ends(of: launch)?.count == 1)
    }

    @Test func programThatIsNotThereSaysSo() {
        #expect(throws: ProcessError.self) {
            try ChildProcess(
                ProcessRequest(command: ["/nonexistent/program"], environment: [:], workingDirectory: nil))
        }
    }
}
