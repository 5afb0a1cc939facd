import Foundation
import Testing

/// What goes wrong around a run: each time the message says what to do, and nothing hangs.
@Suite struct BadInputTests {
    static let python = """
        from airflow.sdk import DAG
        with DAG("in_python", schedule=None):
            pass
        """
    static let yaml = """
        quick:
          tasks:
            go: {operator: BashOperator, bash_command: "true"}
        """

    /// A Python that sees no installed packages.
    private func bareMachine() throws -> BuiltProgram {
        let program = try BuiltProgram(dags: ["p.py": Self.python, "dag.yaml": Self.yaml])
        let script = try program.file("bare-python", "#!/bin/sh\nexec python3 -I -S \"$@\"\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        return program
    }

    @Test func aPythonWithoutTheSDKSaysWhatToInstall() throws {
        let program = try bareMachine()
        let python = program.home.appending(path: "bare-python").path
        let result = try program.run("run", "in_python", "--python", python)
        #expect(result.status == 1)
        #expect(result.errors.contains("pip install apache-airflow-task-sdk"), "\(result.errors)")
        let errors = try program.run("dags", "list-import-errors", "-o", "json", "--python", python)
        #expect(errors.status == 1)
        #expect(errors.output.contains("p.py"))
        #expect(errors.output.contains("pip install apache-airflow-task-sdk"), "\(errors.output)")
    }

    @Test func aPythonThatIsNotThereIsNamed() throws {
        let program = try BuiltProgram(dags: ["p.py": Self.python])
        let result = try program.run("run", "in_python", "--python", "/nowhere/python3")
        #expect(result.status == 1)
        #expect(result.errors.contains("/nowhere/python3"), "\(result.errors)")
    }

    /// DAGs that need no Python do not suffer from a Python that does not work.
    @Test func theOthersRunWithoutPython() throws {
        let program = try bareMachine()
        let result = try program.run("run", "quick", "--python", program.home.appending(path: "bare-python").path)
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test func aMissingDAGsFolderIsMisuse() throws {
        let program = try BuiltProgram()
        let result = try program.run("dags", "list", "--dags", "/nowhere/dags")
        #expect(result.status == 64)
        #expect(result.errors.contains("the DAGs folder /nowhere/dags does not exist"))
    }

    @Test func aBrokenFileNamesItsLineAndTouchesNoOther() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.yaml, "broken/dag.yaml": "bad:\n  tasks:\n    a: {operator: Bsh}\n"])
        #expect(try program.run("run", "quick", "-q").status == 0)
        let result = try program.run("run", "bad")
        #expect(result.status == 1)
        #expect(result.errors.contains("broken/dag.yaml:3"), "\(result.errors)")
    }

    @Test func aHomeThatCannotBeWrittenIsNamed() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.yaml])
        let result = try program.run("run", "quick", "--home", "/proc/nowhere")
        #expect(result.status == 1)
        #expect(result.errors.contains("/proc/nowhere"), "\(result.errors)")
    }

    @Test func aTaskThatIgnoresSIGTERMIsKilledAfterTheGraceTime() throws {
        let program = try BuiltProgram(
            dags: [
                "dag.yaml": """
                deaf:
                  tasks:
                    wait:
                      operator: BashOperator
                      bash_command: "trap '' TERM INT; echo $$ > $PIPELINE_HOME/pid; while :; do sleep 1000; done"
                """
            ], environment: ["PIPELINE_KILL_GRACE_SECONDS": "0"])
        let running = try program.start(["run", "deaf", "-o", "json"])
        let pidFile = program.home.appending(path: "pid")
        #expect(try running.wait(for: pidFile))
        kill(running.process.processIdentifier, SIGTERM)
        let result = try running.wait()
        #expect(result.status == 1)
        #expect(result.output.contains(#""state": "failed""#))
        let pid = try #require(Int32(try String(contentsOf: pidFile, encoding: .utf8).dropLast()))
        #expect(!isRunning(pid))
    }

    @Test func aSecondInterruptEndsAtOnceAndLeavesNothing() throws {
        let program = try BuiltProgram(
            dags: [
                "dag.yaml": """
                deaf:
                  tasks:
                    wait:
                      operator: BashOperator
                      bash_command: "trap '' TERM INT; echo $$ > $PIPELINE_HOME/pid; while :; do sleep 1000; done"
                """
            ], environment: ["PIPELINE_KILL_GRACE_SECONDS": "3600"])
        let running = try program.start(["run", "deaf"])
        let pidFile = program.home.appending(path: "pid")
        #expect(try running.wait(for: pidFile))
        kill(running.process.processIdentifier, SIGINT)
        #expect(try running.waitForErrors(containing: "press Ctrl-C again"))
        kill(running.process.processIdentifier, SIGINT)
        let result = try running.wait()
        #expect(result.status == 128 + SIGINT)
        let pid = try #require(Int32(try String(contentsOf: pidFile, encoding: .utf8).dropLast()))
        // KILL has been sent; the kernel needs a moment.
        while isRunning(pid) { sched_yield() }
    }

    @Test func aRunIsCarriedOutByOneProcessOnly() throws {
        let program = try BuiltProgram(dags: [
            "dag.yaml": """
            slow:
              tasks:
                go: {operator: BashOperator, bash_command: "mkfifo $PIPELINE_HOME/gate; echo > $PIPELINE_HOME/ready; cat $PIPELINE_HOME/gate"}
            """
        ])
        let running = try program.start(["run", "slow", "--run-id", "mine"])
        #expect(try running.wait(for: program.home.appending(path: "ready")))
        for call in [["run", "slow", "--run-id", "mine"], ["tasks", "clear", "slow", "-r", "mine", "-y"]] {
            let refused = try program.run(call)
            #expect(refused.status == 1)
            #expect(refused.errors.contains("is being carried out by another pipeline"), "\(refused.errors)")
        }
        try Data("open\n".utf8).write(to: program.home.appending(path: "gate"))
        #expect(try running.wait().status == 0)
        #expect(try program.run("run", "slow", "--run-id", "mine").errors.contains("already has a run"))
    }

    @Test func aRunThatWaitsSaysWhyAndGoesOnWhenItCan() throws {
        let program = try BuiltProgram(dags: [
            "dag.yaml": """
            held:
              tasks:
                go: {operator: BashOperator, bash_command: "true", pool: narrow}
            """
        ])
        let running = try program.start(["run", "held"])
        #expect(try running.waitForErrors(containing: "There is no pool 'narrow'"))
        #expect(try program.run("pools", "set", "narrow", "1").status == 0)
        #expect(try running.wait().status == 0)
    }

    @Test func twoRunsAtOnceDoNotDisturbEachOther() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.yaml])
        let running = try (0..<4).map { try program.start(["run", "quick", "--run-id", "r\($0)", "-q"]) }
        for one in running { #expect(try one.wait().status == 0) }
        let list = try program.run("runs", "list", "quick", "-o", "json").output
        #expect(list.components(separatedBy: #""state": "success""#).count == 5)
    }

    private func isRunning(_ pid: Int32) -> Bool {
        guard let stat = try? String(contentsOf: URL(filePath: "/proc/\(pid)/stat"), encoding: .utf8) else { return false }
        return !stat.contains(") Z ") && !stat.contains(") X ")
    }
}
