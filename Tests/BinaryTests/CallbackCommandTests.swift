import Foundation
import Testing

/// Callbacks of DAGs, with the real Python; `PIPELINE_TEST_PYTHON` names it.
@Suite(
    .enabled(
        if: ProcessInfo.processInfo.environment["PIPELINE_TEST_PYTHON"] != nil,
        "set PIPELINE_TEST_PYTHON to a Python with the Task SDK"))
struct CallbackCommandTests {
    private static let dags = """
        import os, signal, time
        from datetime import timedelta
        from airflow.providers.standard.operators.bash import BashOperator
        from airflow.sdk import DAG, DeadlineAlert, DeadlineReference, SyncCallback, Variable, task

        def tell(context):
            with open(Variable.get("told"), "a") as file:
                print("dag", context["dag"].dag_id, context["run_id"], context["reason"], context["ti"].task_id, file=file)

        def tell_of_task(context):
            with open(Variable.get("told"), "a") as file:
                print("task", context["ti"].task_id, context["ti"].try_number, file=file)

        def late(text, context):
            with open(Variable.get("told"), "a") as file:
                print("late", text, context["dag_run"]["dag_run_id"], context["dag_run"]["state"], file=file)

        def hang_once(context):
            path = Variable.get("told")
            with open(path, "a") as file:
                print("hangs", context["run_id"], file=file)
            if not os.path.exists(path + ".again"):
                open(path + ".again", "w").close()
                time.sleep(3600)

        with DAG("hangs", on_failure_callback=hang_once, is_paused_upon_creation=False):
            BashOperator(task_id="no", bash_command="exit 1")
        with DAG("fails", on_failure_callback=tell, on_success_callback=tell):
            BashOperator(task_id="no", bash_command="exit 1")
        with DAG("succeeds", on_failure_callback=tell, on_success_callback=[tell, tell]):
            BashOperator(task_id="yes", bash_command="true")
        with DAG("dies"):
            @task(on_failure_callback=tell_of_task, on_retry_callback=tell_of_task, retries=1, retry_delay=0)
            def die():
                os.kill(os.getpid(), signal.SIGKILL)
            die()
        with DAG("slow", deadline=DeadlineAlert(
                DeadlineReference.DAGRUN_QUEUED_AT, timedelta(seconds=-1), SyncCallback(late, {"text": "now"}))):
            BashOperator(task_id="yes", bash_command="true")
        """

    private func program() throws -> BuiltProgram {
        try BuiltProgram(
            dags: ["told.py": Self.dags],
            environment: [
                "PIPELINE_PYTHON": ProcessInfo.processInfo.environment["PIPELINE_TEST_PYTHON"] ?? "",
                "PIPELINE_READ_TIMEOUT_SECONDS": "600",
            ])
    }

    /// What callbacks have told by the end of a run.
    private func told(_ dagID: String) throws -> (lines: [String], errors: String) {
        let program = try program()
        let file = program.home.appending(path: "told")
        let set = try program.run("variables", "set", "told", file.path)
        #expect(set.status == 0, "\(set.errors)")
        let result = try program.run("run", dagID, "--run-id", "r")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return (text.split(separator: "\n").map(String.init), result.errors)
    }

    @Test func aFailedRunCallsItsDAG() throws {
        let (lines, errors) = try told("fails")
        #expect(lines == ["dag fails r task_failure no"], "\(errors)")
    }

    @Test func everyCallbackOfASuccessfulRunIsCalled() throws {
        let (lines, errors) = try told("succeeds")
        #expect(lines == ["dag succeeds r success yes", "dag succeeds r success yes"], "\(errors)")
    }

    @Test func aTaskThatWasKilledIsToldOf() throws {
        let (lines, errors) = try told("dies")
        // Several callbacks run at once: on a busy machine the later one may be through first.
        #expect(lines.sorted() == ["task die 1", "task die 2"], "\(errors)")
    }

    @Test func aDeadlineThatIsOverIsMissed() throws {
        let (lines, errors) = try told("slow")
        #expect(lines.count == 1 && lines.first?.hasPrefix("late now r ") == true, "\(lines) \(errors)")
    }

    /// A callback whose end nobody has recorded runs again, and one that was recorded does not.
    @Test func theNextSchedulerRunsWhatAKilledOneHasNotRecorded() throws {
        let program = try program()
        let file = program.home.appending(path: "told")
        #expect(try program.run("variables", "set", "told", file.path).status == 0)
        func lines() -> Int { ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n").count }
        let first = try program.start(["scheduler"])
        defer { first.process.terminate() }
        #expect(try first.waitForErrors(containing: "DAGs in"))
        #expect(try program.run("dags", "trigger", "hangs", "--run-id", "r").status == 0)
        #expect(try first.wait(for: program.home.appending(path: "told")))
        kill(first.process.processIdentifier, SIGKILL)
        _ = try first.wait()
        let second = try program.start(["scheduler"])
        defer { second.process.terminate() }
        for _ in 0..<60_000 where lines() < 2 && second.process.isRunning { usleep(2_000) }
        #expect(lines() == 2)
        second.process.terminate()
        let end = try second.wait()
        #expect(end.status == 0, "\(end.errors)")
        let third = try program.start(["scheduler"])
        defer { third.process.terminate() }
        #expect(try third.waitForErrors(containing: "DAGs in"))
        third.process.terminate()
        #expect(try third.wait().status == 0)
        #expect(lines() == 2)
    }
}
