import Foundation
import Testing

/// `pipeline run` as people and scripts meet it.
@Suite struct RunCommandTests {
    static let two = """
        two:
          schedule: "@daily"
          tasks:
            first: {operator: BashOperator, bash_command: "echo one {{ params.word }}"}
            second:
              operator: BashOperator
              bash_command: "echo got {{ ti.xcom_pull(task_ids='first') }}"
              dependencies: [first]
          params: {word: {default: hello, type: string}}
        """

    private func json(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func runsToTheEndAndPrintsTheResult() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.two])
        let result = try program.run("run", "two", "--with-xcoms", "-o", "json", "--param", "word=world")
        #expect(result.status == 0, "\(result.errors)")
        let run = try json(result.output)
        #expect(run["state"] as? String == "success")
        #expect(run["dag_id"] as? String == "two")
        let tasks = try #require(run["task_instances"] as? [[String: Any]])
        #expect(tasks.map { $0["task_id"] as? String } == ["first", "second"])
        #expect(tasks.allSatisfy { $0["state"] as? String == "success" && $0["try_number"] as? Int == 1 })
        let xcoms = try #require(run["xcoms"] as? [[String: Any]])
        #expect(xcoms.map { $0["value"] as? String } == ["one world", "got one world"])
        #expect(result.errors.contains("success          second"))
    }

    @Test func aResultHasExactlyTheDocumentedKeys() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.two])
        let run = try json(try program.run("run", "two", "-q", "-o", "json").output)
        #expect(
            Set(run.keys) == [
                "dag_id", "run_id", "state", "logical_date", "data_interval_start", "data_interval_end", "run_after",
                "start_date", "end_date", "run_type", "triggered_by", "conf", "note", "reason", "task_instances",
                "partition_key", "partition_date",
            ])
        let task = try #require((run["task_instances"] as? [[String: Any]])?.first)
        #expect(
            Set(task.keys) == [
                "task_id", "map_index", "state", "try_number", "max_tries", "operator", "start_date", "end_date",
                "duration", "pool", "queue", "rendered_map_index", "note", "reason", "hostname", "image_id",
            ])
    }

    @Test func aFailedTaskFailsTheRunAndTheCommand() throws {
        let program = try BuiltProgram(dags: [
            "dag.yaml": """
            bad:
              tasks:
                boom: {operator: BashOperator, bash_command: "echo oops; exit 3"}
                after: {operator: BashOperator, bash_command: "true", dependencies: [boom]}
            """
        ])
        let result = try program.run("run", "bad", "-o", "json")
        #expect(result.status == 1)
        let states = try #require(try json(result.output)["task_instances"] as? [[String: Any]])
        #expect(states.map { $0["state"] as? String } == ["upstream_failed", "failed"])
        let log = try program.run("tasks", "logs", "bad", "latest", "boom")
        #expect(log.output.contains("oops"))
        #expect(log.output.contains("The command returned a non-zero exit code 3."))
    }

    @Test func anUnknownDAGNamesTheNearest() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.two])
        let result = try program.run("run", "tow")
        #expect(result.status == 1)
        #expect(result.errors.contains("did you mean 'two'?"))
        #expect(result.output.isEmpty)
    }

    @Test(arguments: [
        (["--conf", "{x"], "--conf is not JSON"), (["--conf", "[1]"], "must be a JSON object"),
        (["--param", "word"], "not of the form key=value"), (["--logical-date", "soon"], "no ISO 8601 time"),
        (["--param", "word=5"], "word"), (["--run-id", "a/b"], "run id"), (["--nonsense"], "Unknown option"),
    ])
    func aWrongCallIsMisuseAndLeavesNothing(_ arguments: [String], _ message: String) throws {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.two])
        let result = try program.run(["run", "two"] + arguments)
        #expect(result.status == 64)
        #expect(result.errors.contains(message), "\(result.errors)")
        #expect(try program.run("runs", "list", "-o", "json").output == "[]\n")
    }

    @Test func aCycleNamesFileAndTasks() throws {
        let program = try BuiltProgram(dags: [
            "c/dag.yaml": """
            round:
              tasks:
                a: {operator: EmptyOperator, dependencies: [b]}
                b: {operator: EmptyOperator, dependencies: [a]}
            """
        ])
        let result = try program.run("run", "round")
        #expect(result.status == 1)
        #expect(result.errors.contains("c/dag.yaml"))
        #expect(result.errors.lowercased().contains("cycle"))
        #expect(try program.run("dags", "list-import-errors").status == 1)
    }

    @Test func retriesUntilItSucceeds() throws {
        let program = try BuiltProgram(dags: [
            "dag.yaml": """
            again:
              tasks:
                flaky:
                  operator: BashOperator
                  bash_command: '[ "$AIRFLOW_CTX_TRY_NUMBER" = 2 ]'
                  retries: 1
                  retry_delay: 0
            """
        ])
        let result = try program.run("run", "again", "-o", "json")
        #expect(result.status == 0, "\(result.errors)")
        let task = try #require((try json(result.output)["task_instances"] as? [[String: Any]])?.first)
        #expect(task["try_number"] as? Int == 2)
    }

    @Test func clearedTasksRunAgain() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.two])
        #expect(try program.run("run", "two", "--run-id", "r1", "-q").status == 0)
        let cleared = try program.run("tasks", "clear", "two", "-r", "r1", "-t", "second", "-y", "-o", "json")
        #expect(cleared.status == 0, "\(cleared.errors)")
        let again = try program.run("run", "two", "--run-id", "r1", "-q", "-o", "json")
        #expect(again.status == 0, "\(again.errors)")
        let tasks = try #require(try json(again.output)["task_instances"] as? [[String: Any]])
        #expect(tasks.map { $0["try_number"] as? Int } == [1, 2])
    }

    /// Tasks have the signal's default all the same: a `yes` that nobody reads ends by it.
    @Test func progressThatNobodyReadsDoesNotEndARun() throws {
        let program = try BuiltProgram(dags: [
            "dag.yaml": """
            unread:
              tasks:
                a: {operator: BashOperator, bash_command: "yes | head -1 > /dev/null; echo ${PIPESTATUS[0]}"}
                b: {operator: EmptyOperator, dependencies: [a]}
            """
        ])
        let output = program.home.appending(path: "unread.json")
        #expect(try program.runUnread("run", "unread", "--with-xcoms", "-o", "json", output: output) == 0)
        let text = try String(contentsOf: output, encoding: .utf8)
        #expect(try json(text)["state"] as? String == "success")
        #expect(text.contains("\"value\": \"141\""), "\(text)")
    }

    /// A terminal that is closed sends SIGHUP.
    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func anInterruptEndsTheRunAndItsProcesses(_ number: Int32) throws {
        let program = try BuiltProgram(dags: [
            "dag.yaml": """
            long:
              tasks:
                wait: {operator: BashOperator, bash_command: "exec sleep 1000"}
            """
        ])
        let running = try program.start(["run", "long", "-o", "json"])
        #expect(try running.waitForErrors(containing: "running          wait"))
        kill(running.process.processIdentifier, number)
        let result = try running.wait()
        #expect(result.status == 1)
        #expect(try json(result.output)["state"] as? String == "failed")
    }

    @Test func theNextStartSettlesWhatAKilledOneLeft() throws {
        let program = try BuiltProgram(dags: [
            "dag.yaml": """
            long:
              tasks:
                wait: {operator: BashOperator, bash_command: "echo $$ > $PIPELINE_HOME/pid; exec sleep 1000"}
            quick:
              tasks:
                go: {operator: EmptyOperator}
            """
        ])
        let running = try program.start(["run", "long", "--run-id", "left"])
        #expect(try running.waitForErrors(containing: "running          wait"))
        kill(running.process.processIdentifier, SIGKILL)
        _ = try running.wait()
        let next = try program.run("run", "quick")
        #expect(next.status == 0, "\(next.errors)")
        #expect(next.errors.contains("was interrupted"))
        let pid = try #require(Int32(try String(contentsOf: program.home.appending(path: "pid"), encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)))
        let state = try? String(contentsOf: URL(filePath: "/proc/\(pid)/stat"), encoding: .utf8)
        #expect(state == nil || state?.contains(") Z ") == true, "process \(pid) lives on")
        let left = try json(try program.run("runs", "show", "long", "left", "-o", "json").output)
        #expect(left["state"] as? String == "failed")
        #expect(left["reason"] as? String == "interrupted")
    }

    @Test func aKilledRunIsContinuedByItsID() throws {
        let program = try BuiltProgram(dags: [
            "dag.yaml": """
            long:
              tasks:
                first: {operator: BashOperator, bash_command: "echo $PPID >> $PIPELINE_HOME/first"}
                wait:
                  operator: BashOperator
                  bash_command: "if [ -e $PIPELINE_HOME/go ]; then exit 0; fi; exec sleep 1000"
                  dependencies: [first]
            """
        ])
        let running = try program.start(["run", "long", "--run-id", "left"])
        #expect(try running.waitForErrors(containing: "running          wait"))
        kill(running.process.processIdentifier, SIGKILL)
        _ = try running.wait()
        _ = try program.file("go", "")
        let next = try program.run("run", "long", "--run-id", "left", "-o", "json")
        #expect(next.status == 0, "\(next.errors)")
        let tasks = try #require(try json(next.output)["task_instances"] as? [[String: Any]])
        #expect(tasks.map { $0["try_number"] as? Int } == [1, 1])
        let firsts = try String(contentsOf: program.home.appending(path: "first"), encoding: .utf8)
        #expect(firsts.split(separator: "\n").count == 1)
    }

    @Test func oneSignalEndsTriggeredRunsToo() throws {
        let program = try BuiltProgram(dags: [
            "dag.yaml": """
            parent:
              tasks:
                start: {operator: TriggerDagRunOperator, trigger_dag_id: child}
                again: {operator: TriggerDagRunOperator, trigger_dag_id: parent, dependencies: [start]}
            child:
              tasks:
                wait: {operator: BashOperator, bash_command: "touch $PIPELINE_HOME/begun; exec sleep 1000"}
            """
        ])
        let running = try program.start(["run", "parent"])
        while running.process.isRunning, !FileManager.default.fileExists(atPath: program.home.appending(path: "begun").path) {
            usleep(2_000)
        }
        running.process.terminate()
        // The parent may have succeeded before: what counts is that the program ends, and nothing goes on.
        _ = try running.wait()
        let left = try program.run("runs", "list", "-o", "json").output
        #expect(!left.contains("\"running\"") && !left.contains("\"queued\""), "\(left)")
    }

    @Test func aTestRunLeavesNoRun() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.two])
        #expect(try program.run("variables", "set", "k", "v").status == 0)
        let result = try program.run("dags", "test", "two", "-q")
        #expect(result.status == 0, "\(result.errors)")
        #expect(try program.run("runs", "list", "-o", "json").output == "[]\n")
        let dated = try program.run("dags", "test", "two", "2026-01-02", "-q", "-o", "json")
        #expect(try json(dated.output)["logical_date"] as? String == "2026-01-02T00:00:00Z")
        #expect(try program.run("dags", "test", "two", "2026-01-02", "-l", "2026-01-03").status == 64)
    }

    @Test func aRunMayBeNamedByItsLogicalDate() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.two])
        let date = "2026-03-29T02:30:00+01:00"
        let run = try json(try program.run("run", "two", "-l", date, "-q", "-o", "json").output)
        #expect(run["logical_date"] as? String == "2026-03-29T01:30:00Z")
        #expect(run["run_id"] as? String == "manual__2026-03-29T01:30:00+00:00")
        let states = try program.run("tasks", "states", "two", date, "-o", "json")
        #expect(states.status == 0 && states.output.contains("\"task_id\": \"second\""))
        #expect(try program.run("tasks", "logs", "two", "2026-03-29T01:30:00", "first").output.contains("one hello"))
        #expect(try program.run("tasks", "states", "two", "2026-03-30").status == 1)
    }

    @Test func assetsOfTheFolderAreListed() throws {
        let program = try BuiltProgram(dags: [
            "dag.yaml": """
            makes:
              tasks:
                go: {operator: EmptyOperator, outlets: [{name: rows, uri: "s3://bucket/rows", extra: {k: 1}}]}
            """
        ])
        let rows = try program.run("assets", "list", "-o", "json").output
        let assets = try #require(try JSONSerialization.jsonObject(with: Data(rows.utf8)) as? [[String: Any]])
        #expect(assets.map { $0["name"] as? String } == ["rows"])
        #expect(assets.map { $0["uri"] as? String } == ["s3://bucket/rows"])
        #expect(assets.map { $0["group"] as? String } == ["asset"])
        #expect(assets.map { $0["is_active"] as? Bool } == [true])
        #expect((assets.first?["extra"] as? [String: Any])?["k"] as? Int == 1)
        for format in ["table", "plain", "yaml"] {
            #expect(try program.run("assets", "list", "-o", format).output.contains("s3://bucket/rows"))
        }
    }

    @Test func fieldsAreRenderedBeforeAnythingHasRun() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.two])
        let first = try program.run("tasks", "render", "two", "first", "2026-01-02", "-o", "json")
        #expect(first.status == 0, "\(first.errors)")
        #expect(try json(first.output)["bash_command"] as? String == "echo one hello")
        #expect(try program.run("tasks", "render", "two", "second").output.contains("echo got None"))
        #expect(try program.run("runs", "list", "-o", "json").output == "[]\n")
        #expect(try program.run("run", "two", "-q", "--param", "word=w").status == 0)
        #expect(try program.run("tasks", "render", "two", "second").output.contains("echo got one w"))
        let wrong = try program.run("tasks", "render", "two", "frist")
        #expect(wrong.status == 1 && wrong.errors.contains("did you mean 'first'?"))
        #expect(try program.run("tasks", "render", "two", "first", "sometime").status == 1)
    }
}
