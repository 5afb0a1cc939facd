import Glibc
import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

@testable import LocalExecutor

struct BashOperationTests {
    private let harness = OperatorHarness()

    private func launch(
        _ command: String, _ attributes: JSONObject = [:], configure: (inout TaskLaunch) -> Void = { _ in }
    ) throws -> TaskLaunch {
        let all: JSONObject = ["bash_command": .string(command), "do_xcom_push": true, "skip_on_exit_code": [99]]
        return try OperatorHarness.launch(
            BashOperation.operatorClass, all.merging(attributes), fields: BashOperation.templateFields,
            configure: configure)
    }

    private func run(_ command: String, _ attributes: JSONObject = [:]) async throws -> OperatorHarness.Answer {
        await harness.run(try launch(command, attributes))
    }

    @Test func linesAreThoseOfTheStockOperator() async throws {
        let answer = try await run("echo out; echo \"it's\" >&2; printf '  last \\t'")
        #expect(
            answer.lines.map(\.event) == [
                "::group::Pre Execute", "::endgroup::", "Tmp dir root location: /tmp",
                #"Running command: ['/usr/bin/bash', '-c', 'echo out; echo "it\'s" >&2; printf \'  last \\t\'']"#,
                "Output:", "out", "it's", "  last", "Command exited with return code 0", "::group::Post Execute",
                "Pushing xcom", "::endgroup::",
            ])
        #expect(answer.xcoms == ["task/return_value": "  last"])
        #expect(answer.lines.allSatisfy { $0.level == "info" })
    }

    @Test(arguments: [
        ("exit 3", "Bash command failed. The command returned a non-zero exit code 3."),
        ("kill -9 $$", "Bash command failed. The command returned a non-zero exit code -9."),
    ])
    func failureMayBeRetried(command: String, text: String) async throws {
        let answer = try await run(command)
        #expect(answer.outcome == .failedMayRetry(reason: text))
        #expect(answer.exception == "AirflowException: \(text)")
        #expect(answer.xcoms.isEmpty)
    }

    @Test func skipCodeSkips() async throws {
        let answer = try await run("exit 99")
        #expect(answer.outcome == .skipped(reason: "Bash command returned exit code 99. Skipping."))
        #expect(answer.events.last == "Skipping task.")
    }

    @Test(arguments: [
        ("/nonexistent", "Can not find the cwd: /nonexistent"),
        ("/etc/passwd", "The cwd /etc/passwd must be a directory"),
    ])
    func folderMustBeThere(folder: String, text: String) async throws {
        let answer = try await run("true", ["cwd": .string(folder)])
        #expect(answer.exception == "AirflowException: \(text)")
        #expect(harness.service.state.withLock { $0.started.count } == 1, "the start is told all the same")
    }

    @Test func environmentIsReplacedOrAddedTo() async throws {
        let show = "echo ${A-none} ${PATH:+path} $AIRFLOW_CTX_TASK_ID"
        let own: JSONValue = ["A": "{{ ds }}"]
        #expect(try await run(show).xcoms["task/return_value"] == "none path task")
        #expect(
            try await run(show, ["env": own, "append_env": true]).xcoms["task/return_value"] == "2026-01-01 path task")
        let exact = try await run("/usr/bin/env | /usr/bin/grep -c -E '^(A|AIRFLOW_CTX_.*|PWD|SHLVL|_)='", ["env": own])
        #expect(exact.xcoms["task/return_value"] == "10")
    }

    @Test func environmentMustBeTexts() async throws {
        let answer = try await run("true", ["env": ["A": 1]])
        #expect(answer.exception == "TypeError: expected str, bytes or os.PathLike object, not int")
    }

    @Test func otherEncodingGoesToPython() async throws {
        #expect(try await run("true", ["output_encoding": "latin-1"]).end == nil)
    }

    @Test func bytesThatAreNoTextAreEscaped() async throws {
        let answer = try await run(#"printf '\xff\xfe abc \xc3\xa9\xe2\x98 \n'"#)
        #expect(answer.xcoms["task/return_value"] == #"\xff\xfe abc é\xe2\x98"#)
    }

    @Test func longLastLineIsOneXCom() async throws {
        let answer = try await run("head -c 200000 /dev/zero | tr '\\0' x")
        #expect(answer.xcoms["task/return_value"]?.stringValue?.count == 200_000)
        #expect(answer.events.count { $0.hasPrefix("xxx") } == 4, "in pieces in the log")
    }

    @Test func tooLargeXComFailsTheTask() async throws {
        let own = try await run("head -c 5000000 /dev/zero | tr '\\0' x")
        #expect(own.exception?.contains("The last line has 5000000 bytes, more than the 4194304") == true)
        let store = try await run("head -c 4194304 /dev/zero | tr '\\0' x")
        #expect(store.exception == "AirflowRuntimeError: the XCom is too large")
    }

    @Test func xcomOfAnEarlierTryIsRemoved() async throws {
        harness.service.state.withLock { $0.xcoms["task/return_value"] = "old" }
        let answer = await harness.run(try launch("exit 1") { $0.instance.tryNumber = 2 })
        #expect(answer.xcoms.isEmpty)
    }

    @Test func secretsThatTemplatesAskForAreMasked() async throws {
        let answer = try await run(
            "echo {{ conn.db.password }} {{ var.value.api_key }} {{ var.value.plain_value }}", ["env": ["token": "t"]])
        #expect(answer.events.contains("*** *** plain text"))
        #expect(!answer.lines.contains { $0.event.contains("horse") || $0.event.contains("very-secret") })
        #expect(answer.xcoms["task/return_value"] == "correct horse very-secret-key plain text", "XComs are data")
        let shown = harness.service.state.withLock { $0.rendered.last }
        #expect(shown?["bash_command"] == "echo *** *** plain text")
        #expect(shown?["env"] == ["token": "***"])
    }

    @Test func mappedInstanceIsNamedByItsTemplate() async throws {
        func run(_ template: String) async throws -> OperatorHarness.Answer {
            await harness.run(try launch("true") { $0.task.mapIndexTemplate = template })
        }
        #expect(try await run("day {{ ds }}").outcome == .success())
        #expect(harness.service.state.withLock { $0.mapIndexes } == ["day 2026-01-01"])
        #expect(try await run("{{ nothing }}").exception == "UndefinedError: 'nothing' is undefined")
    }

    @Test func undefinedNameFailsAsInAirflow() async throws {
        let answer = try await run("echo {{ nothing }}")
        #expect(
            answer.events == [
                "Exception rendering Jinja template for task 'task', field 'bash_command'. "
                    + "Template: 'echo {{ nothing }}'",
                "Task failed with exception",
            ])
        #expect(answer.exception == "UndefinedError: 'nothing' is undefined")
        #expect(answer.outcome == .failedMayRetry(reason: "'nothing' is undefined"))
    }

    @Test func muchOutputCostsNoMoreThanTheBoundOfTheLog() async throws {
        let harness = OperatorHarness(maximumLogBytes: 1 << 20)
        let launch = try launch("yes 'a line of output that says nothing' | head -c 100000000; echo; echo end")
        let answer = await harness.run(launch)
        #expect(answer.xcoms["task/return_value"] == "end")
        #expect(answer.events.last?.hasPrefix("The log has reached its bound of 1048576 bytes") == true)
        #expect(try SmallFile.read(harness.folder + "/" + launch.logPath, maximumBytes: (1 << 20) + 1_024) != nil)
    }

    @Test func endlessLineIsBoundedToo() async throws {
        let harness = OperatorHarness(maximumLogBytes: 1 << 20)
        let answer = await harness.run(try launch("head -c 300000000 /dev/zero", ["do_xcom_push": false]))
        #expect(answer.outcome == .success())
    }

    /// The children are `sleep`s: one in the task's group, one in a session of its own. All of them ignore TERM.
    @Test(arguments: [true, false])
    func treeThatIgnoresTermIsKilledAfterTheGraceTime(byTimeout: Bool) async throws {
        let harness = OperatorHarness(clock: TestClock())
        let signal = harness.makeSignal()
        let control = LaunchControl(grace: .seconds(5), clock: harness.clock)
        let script = """
            trap '' TERM; sleep 1000 & A=$!; setsid sleep 1000 & B=$!
            until [ "$(cut -d' ' -f6 /proc/$B/stat)" = $B ]; do :; done
            echo $$ $A $B > \(signal); wait
            """
        let launch = try launch(script) { if byTimeout { $0.task.executionTimeout = .seconds(60) } }
        async let running = harness.run(launch, control: control)
        let pids = await OperatorHarness.line(from: signal).split(separator: " ").compactMap { pid_t($0) }
        #expect(pids.count == 3 && pids.allSatisfy(OperatorHarness.isRunning))
        if byTimeout { harness.clock.advance(by: .seconds(60)) } else { control.terminate(.cleared) }
        await harness.clock.waitForSleepers()
        #expect(pids.allSatisfy(OperatorHarness.isRunning), "TERM is ignored")
        harness.clock.advance(by: .seconds(5))
        let answer = await running
        #expect(!pids.contains(where: OperatorHarness.isRunning))
        if byTimeout {
            #expect(answer.exception == "AirflowTaskTimeout: Timeout, PID: \(pids[0])")
            #expect(answer.events.suffix(3).first == "Process timed out")
            #expect(answer.events.contains("Sending SIGTERM signal to process group"))
        } else {
            #expect(answer.outcome == .failed(reason: "ended: cleared"))
        }
    }

    @Test func outputHeldByAnUnknownDescendantIsLetGoAfterKill() async throws {
        let harness = OperatorHarness(clock: TestClock())
        let signal = harness.makeSignal()
        let control = LaunchControl(grace: .seconds(5), clock: harness.clock)
        // The daemon's parents end at once, so nothing but the pipe connects it with the task.
        let launch = try launch("setsid sh -c '(sleep 1000 & echo $! > \(signal)) &'; exit 0")
        async let running = harness.run(launch, control: control)
        let daemon = try #require(pid_t(await OperatorHarness.line(from: signal)))
        defer { _ = kill(daemon, SIGKILL) }
        control.terminate(.runCancelled)
        await harness.clock.waitForSleepers()
        harness.clock.advance(by: .seconds(5))
        await harness.clock.waitForSleepers()
        harness.clock.advance(by: .seconds(2))
        #expect(await running.outcome == .failed(reason: "ended: run_cancelled"))
    }
}
