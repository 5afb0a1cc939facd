import CPosix
import Glibc
import PipelineCore
import PipelineTestSupport
import PythonHost
import Synchronization
import Testing

@testable import LocalExecutor

/// Tries of real tasks under the real Task SDK; `PIPELINE_TEST_PYTHON` names its interpreter.
@Suite(.enabled(if: getenv("PIPELINE_TEST_PYTHON") != nil, "set PIPELINE_TEST_PYTHON to a Python with the Task SDK"))
struct PythonTaskRunnerTests {
    struct SystemWallClock: WallClock {
        func now() -> Timestamp {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
        }
    }

    static let folder = "/tmp/pipeline-task-runner-tests-\(getpid())"
    static let fixtures = String(
        #filePath.dropLast("LocalExecutorTests/Python/PythonTaskRunnerTests.swift".count) + "Fixtures/python_tasks")
    static let host: PythonHost = {
        var environment: [String: String] = [:]
        for name in ["PATH", "HOME"] { environment[name] = getenv(name).map { String(cString: $0) } }
        let python = getenv("PIPELINE_TEST_PYTHON").map { String(cString: $0) } ?? "python3"
        return PythonHost(
            PythonConfiguration(python: python, cacheDirectory: folder, environment: environment, maximumReads: 1),
            clock: ContinuousClock())
    }()

    let service = FakeTaskService()

    private func runner(
        contentHash: String? = nil, facts: NoFacts = NoFacts(), logs: String = folder,
        clock: any Clock<Duration> = ContinuousClock()
    ) -> PythonTaskRunner {
        PythonTaskRunner(
            host: Self.host, service: service, facts: facts, logs: FileTaskLogStore(folder: logs),
            settings: .init(hostname: "here", unixname: "me"), wallClock: SystemWallClock(), clock: clock,
            bundle: { _ in
                PythonBundle(
                    name: "dags", version: nil, path: Self.fixtures, file: "tries.py", contentHash: contentHash)
            })
    }

    private func launch(_ taskID: String, shouldRetry: Bool = false) throws -> TaskLaunch {
        var generator = SystemRandomNumberGenerator()
        let now = SystemWallClock().now()
        var run = DAGRun(
            key: RunKey(dagID: "tries", runID: "manual__\(UInt64.random(in: 0 ... .max))"), type: .manual, runAfter: now,
            triggeredBy: .cli)
        run.state = .running
        run.logicalDate = Timestamp(seconds: 1_700_000_000)
        run.startDate = now
        run.conf = ["k": [1, 2]]
        let key = TaskInstanceKey(run: run.key, taskID: taskID)
        var instance = TaskInstance(id: UUID7(at: now, using: &generator), key: key)
        instance.tryNumber = 1
        let task = TaskDefinition(id: taskID, operatorName: "_PythonDecoratedOperator")
        let dag = try DAG(header: DAGHeader(id: "tries"), tasks: [task], rootGroup: TaskGroup(id: nil))
        return TaskLaunch(
            id: LaunchID(tryID: instance.id, number: 1), instance: instance, run: run, dag: dag, task: task,
            shouldRetry: shouldRetry, isResume: false)
    }

    private func control() -> LaunchControl { LaunchControl(grace: .milliseconds(100), clock: ContinuousClock()) }

    /// Runs a try to the end of its process, and gives how it ended and its log.
    private func attempt(
        _ taskID: String, shouldRetry: Bool = false, facts: NoFacts = NoFacts()
    ) async throws -> (RunnerEnd, [JSONValue]) {
        let launch = try launch(taskID, shouldRetry: shouldRetry)
        let runner = runner(facts: facts)
        let end = await runner.run(launch, control: control())
        await runner.finishAll()
        return (end, try log(of: launch))
    }

    private func log(of launch: TaskLaunch) throws -> [JSONValue] {
        let bytes = try FileTaskLogStore(folder: Self.folder).read(launch.logPath, offset: 0, maximumBytes: 1 << 22)
        return try String(decoding: #require(bytes), as: UTF8.self).split(separator: "\n").map {
            try JSONValue.parse(String($0))
        }
    }

    private func events(_ log: [JSONValue], logger: String? = nil) -> [String] {
        log.filter { logger == nil || $0["logger"]?.stringValue == logger }.compactMap { $0["event"]?.stringValue }
    }

    @Test func aTaskSucceedsWithXComAndLog() async throws {
        let (end, log) = try await attempt("succeed")
        #expect(end == .outcome(.success()))
        let value = service.state.withLock { $0.xcoms["succeed/return_value"] }
        #expect(value?["answer"] == 42)
        #expect(value?["when"]?["__classname__"]?.stringValue?.hasSuffix("DateTime") == true
            || value?["when"]?["__classname__"] == "datetime.datetime")
        #expect(events(log, logger: "task.stdout") == ["printed"])
        #expect(events(log, logger: "task.stderr") == ["to err"])
        #expect(events(log, logger: "mine") == ["logged 3"])
        #expect(events(log).first == "::group::Pre Execute")
        #expect(events(log).last == "::endgroup::")
        let process = try #require(service.state.withLock { $0.started.first })
        #expect(process.hostname == "here" && process.pid != nil && process.pidStartTime != nil)
        #expect(service.state.withLock { $0.rendered.count } == 1)
    }

    @Test func aFailureNamesItsException() async throws {
        let (end, log) = try await attempt("fail")
        #expect(end == .outcome(.failed(reason: "ValueError: no")))
        #expect(log.contains { $0["error_detail"]?[0]?["exc_type"] == "ValueError" })
        let (retried, _) = try await attempt("fail", shouldRetry: true)
        #expect(retried == .outcome(.failedMayRetry(reason: "ValueError: no")))
        let (final, _) = try await attempt("fail_for_good", shouldRetry: true)
        #expect(final == .outcome(.failed(reason: "AirflowFailException: never again")))
    }

    @Test func skipsAreReported() async throws {
        #expect(try await attempt("skip").0 == .outcome(.skipped()))
    }

    /// Airflow's supervisor waits for the process to be reaped, up to 5 s; a clock that stands still would never let
    /// anything end that waits for time.
    @Test(arguments: [("skip", TaskOutcome.skipped()), ("fail", .failed(reason: "ValueError: no"))])
    func whatIsNoSuccessWaitsForNoClock(_ taskID: String, _ outcome: TaskOutcome) async throws {
        let clock = TestClock()
        let runner = runner(clock: clock)
        let end = await runner.run(try launch(taskID), control: LaunchControl(grace: .seconds(1), clock: clock))
        #expect(end == .outcome(outcome))
        await runner.finishAll()
    }

    /// Airflow's supervisor waits for the process, and up to 5 s more.
    @Test func aFailureIsReportedWhileItsCallbackStillRuns() async throws {
        let control = control()
        let launch = try launch("slow_callback")
        let runner = runner()
        #expect(await runner.run(launch, control: control) == .outcome(.failed(reason: "ValueError: slow")))
        let pid = try #require(service.state.withLock { $0.started.first?.pid })
        #expect(isRunning(Int32(pid)))
        control.terminate(.shutdown)
        await runner.finishAll()
        #expect(!isRunning(Int32(pid)))
    }

    @Test func reschedulesAndDeferralsCarryTheirData() async throws {
        let (end, _) = try await attempt("reschedule")
        #expect(end == .outcome(.upForReschedule(at: try #require(Timestamp(iso8601: "2030-01-02T03:04:05Z")))))
        let (deferred, _) = try await attempt("defer")
        guard case .outcome(.deferred(let deferral)) = deferred else {
            Issue.record("not deferred: \(deferred)")
            return
        }
        #expect(deferral.triggerClass.hasSuffix("DateTimeTrigger"))
        #expect(deferral.nextMethod == "execute_complete")
        #expect(!deferral.triggerKwargs.isNull)
    }

    @Test func aProcessThatEndsWithoutAWordHasFailed() async throws {
        let (left, log) = try await attempt("leave")
        #expect(left == .outcome(.died(reason: "the task process exited with code 7 and reported no state")))
        #expect(log.contains { $0["event"] == "Process exited abnormally" && $0["exit_code"] == 7 })
        let (crashed, crashLog) = try await attempt("crash", shouldRetry: true)
        #expect(crashed == .outcome(.died(reason: "the task process was ended by signal 11")))
        #expect(crashLog.last?["signal_name"] == "SIGSEGV")
    }

    @Test func variablesAndConnectionsAreServedAndMasked() async throws {
        let (end, log) = try await attempt("secrets")
        #expect(end == .outcome(.success()))
        #expect(events(log, logger: "task.stdout") == ["value plain text *** *** 5432", "absent fallback"])
        #expect(service.state.withLock { $0.variables["written"] } == "by the task")
    }

    @Test func xcomsArePulledAndOldOnesDeleted() async throws {
        service.state.withLock { state in
            state.xcoms["upstream/return_value"] = ["x": 1]
            state.xcoms["pull/old"] = 1
        }
        let (end, _) = try await attempt("pull", facts: NoFacts(keys: ["old"]))
        #expect(end == .outcome(.success()))
        let xcoms = service.state.withLock { $0.xcoms }
        #expect(xcoms["pull/return_value"] == ["one": ["x": 1], "none": .null])
        #expect(xcoms["pull/old"] == nil)
    }

    @Test func largeXComsPassTheSocketsBuffer() async throws {
        let (end, log) = try await attempt("large")
        #expect(end == .outcome(.success()))
        #expect(events(log).contains { $0.hasPrefix("Done. Returned value was: ['xxx") && $0.utf8.count > 3_000_000 })
        let large = service.state.withLock { $0.xcoms["large/return_value"] }
        #expect(large?.arrayValue?.count == 3_000)
        service.state.withLock { $0.xcoms["upstream/return_value"] = large }
        #expect(try await attempt("pull").0 == .outcome(.success()))
        #expect(service.state.withLock { $0.xcoms["pull/return_value"]?["one"] } == large)
    }

    @Test(arguments: [
        ("too_large", "the XCom is too large"), ("not_json", "Cannot serialize object of type <class 'object'>"),
    ])
    func anXComThatCannotBeKeptFailsTheTask(_ taskID: String, _ message: String) async throws {
        guard case (.outcome(.failed(let reason)), let log) = try await attempt(taskID) else {
            Issue.record("the task has not failed")
            return
        }
        #expect(reason.contains(message), "\(reason)")
        #expect(log.contains { $0["error_detail"]?.serialized().contains(message) == true })
        #expect(service.state.withLock { $0.xcoms["\(taskID)/return_value"] } == nil)
    }

    @Test func shortCircuitsSkipWhatFollows() async throws {
        let (end, _) = try await attempt("short_circuit")
        #expect(end == .outcome(.success()))
        #expect(service.state.withLock { $0.skipped } == [SkipTarget(taskID: "after")])
    }

    @Test func runsAreTriggered() async throws {
        #expect(try await attempt("trigger").0 == .outcome(.success()))
        let request = try #require(service.state.withLock { $0.triggers.first })
        #expect(request.dagID == "other" && request.runID == "r1" && request.conf == ["a": 1])
        service.state.withLock { $0.existingRuns = ["r1"] }
        guard case .outcome(.failed(let reason)) = try await attempt("trigger").0 else {
            Issue.record("a run that exists must fail the task")
            return
        }
        #expect(reason.contains("already exists"))
    }

    @Test func theContextIsThatOfTheRun() async throws {
        #expect(try await attempt("context").0 == .outcome(.success()))
        let value = service.state.withLock { $0.xcoms["context/return_value"] }
        #expect(value?["logical_date"] == "2023-11-14T22:13:20+00:00")
        #expect(value?["conf"] == ["k": [1, 2]])
        #expect(value?["try_number"] == 1)
    }

    @Test func aTaskThatIgnoresSIGTERMIsKilledWithItsDescendants() async throws {
        let launch = try launch("stubborn")
        let control = control()
        let runner = runner()
        let running = Task { await runner.run(launch, control: control) }
        var descendant: Int32?
        while descendant == nil {
            await Task.yield()
            let lines = (try? log(of: launch)) ?? []
            let ready = events(lines, logger: "task.stdout").first { $0.hasPrefix("ready ") }
            descendant = ready.flatMap { Int32($0.dropFirst(6)) }
        }
        control.terminate(.cleared)
        #expect(await running.value == .outcome(.died(reason: "ended: cleared")))
        await runner.finishAll()
        #expect(events(try log(of: launch)).last == "Task killed!")
        let pid = try #require(descendant)
        while isRunning(pid) { await Task.yield() }
    }

    @Test func laterTriesAreForkedFromAHostThatHasTheFileParsed() async throws {
        let runner = runner(contentHash: "1")
        var parents: [Int] = []
        while Set(parents).count < 2, parents.count < 200 {
            #expect(await runner.run(try launch("who_is_my_parent"), control: control()) == .outcome(.success()))
            parents.append(service.state.withLock { $0.xcoms["who_is_my_parent/return_value"]?.intValue } ?? 0)
        }
        #expect(Set(parents).count == 2)
        await runner.finishAll()
    }

    @Test func aLaunchThatCannotStartSaysWhy() async throws {
        let runner = runner(logs: "/dev/null/nowhere")
        guard case .notStarted(let reason) = await runner.run(try launch("succeed"), control: control()) else {
            Issue.record("it has started")
            return
        }
        #expect(reason.contains("/dev/null/nowhere"))
    }

    private func isRunning(_ pid: Int32) -> Bool {
        guard let file = fopen("/proc/\(pid)/stat", "r") else { return false }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 256, file) != nil else { return false }
        let text = String(decoding: line.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return !text.contains(") Z") && !text.contains(") X")
    }
}
