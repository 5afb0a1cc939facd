import Foundation
import Testing

/// `pipeline scheduler` as its users see it: runs by time and by hand, killed and started again.
@Suite struct SchedulerCommandTests {
    static let dags = [
        "once/dag.yaml": """
            once:
              schedule: "@once"
              start_date: 2026-01-01
              is_paused_upon_creation: false
              tasks:
                go: {operator: BashOperator, bash_command: "true"}
            """,
        "hand/dag.yaml": """
            hand:
              start_date: 2026-01-01
              is_paused_upon_creation: false
              tasks:
                one: {operator: BashOperator, bash_command: "echo one >> $PIPELINE_HOME/lines"}
                two:
                  operator: BashOperator
                  bash_command: "echo two > $PIPELINE_HOME/begun; until [ -e $PIPELINE_HOME/go ]; do sleep 0.01; done; echo two >> $PIPELINE_HOME/lines"
                  dependencies: [one]
            """,
    ]

    private func scheduler(_ program: BuiltProgram) throws -> RunningProgram {
        let running = try program.start(["scheduler"])
        #expect(try running.waitForErrors(containing: "2 DAGs in"))
        return running
    }

    private func end(_ running: RunningProgram, _ signal: Int32 = SIGTERM) throws -> BuiltProgram.Result {
        kill(running.process.processIdentifier, signal)
        return try running.wait()
    }

    @Test func aDueRunIsMadeOnceAndHealthSaysWhoLeads() throws {
        let program = try BuiltProgram(dags: Self.dags)
        #expect(try program.run("health").status == 1)
        var running = try scheduler(program)
        #expect(try running.waitForErrors(containing: "run once/scheduled__2026-01-01T00:00:00+00:00 success"))
        let health = try program.run("health", "-o", "json")
        #expect(health.status == 0)
        #expect(health.output.contains("\"scheduler\": \"healthy\""), "\(health.output)")
        let second = try program.run("scheduler")
        #expect(second.status == 1)
        #expect(second.errors.contains("\(running.process.processIdentifier)"), "\(second.errors)")
        #expect(try end(running).status == 0)
        #expect(try program.run("health").status == 1)
        running = try scheduler(program)
        #expect(try end(running).status == 0)
        let runs = try program.run("runs", "list", "once", "-o", "plain")
        #expect(runs.output.split(separator: "\n").count { $0.contains("scheduled__") } == 1, "\(runs.output)")
        #expect(try program.run("fsck", "--all").status == 0)
    }

    @Test func aRunGoesOnAfterTheSchedulerWasKilled() throws {
        let program = try BuiltProgram(dags: Self.dags)
        var running = try scheduler(program)
        #expect(try program.run("dags", "trigger", "hand", "-r", "r1").status == 0)
        #expect(try running.wait(for: program.home.appending(path: "begun")))
        _ = try end(running, SIGKILL)
        running = try scheduler(program)
        // What the killed one left is ended by then, and does not see the file.
        #expect(try running.waitForErrors(containing: "goes on with 1 runs"))
        _ = try program.file("go", "")
        #expect(try running.waitForErrors(containing: "run hand/r1 success"))
        #expect(try end(running).status == 0)
        let lines = try String(contentsOf: program.home.appending(path: "lines"), encoding: .utf8)
        #expect(lines == "one\ntwo\n")
        #expect(try program.run("fsck", "--all").status == 0)
    }

    @Test func runIsHandedToTheSchedulerThatLeads() throws {
        let program = try BuiltProgram(dags: Self.dags)
        _ = try program.file("go", "")
        let running = try scheduler(program)
        let run = try program.run("run", "hand", "--run-id", "r2")
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.errors.contains("carries run hand/r2 out"))
        let cleared = try program.run("tasks", "clear", "hand", "-r", "r2", "-t", "two", "-y", "-o", "json")
        #expect(cleared.status == 0, "\(cleared.errors)")
        #expect(try end(running).errors.contains("run hand/r2 success"))
    }

    @Test func aCancelledRunIsFailedAndItsProcessesAreGone() throws {
        let program = try BuiltProgram(dags: Self.dags)
        let running = try scheduler(program)
        #expect(try program.run("dags", "trigger", "hand", "-r", "r3").status == 0)
        #expect(try running.wait(for: program.home.appending(path: "begun")))
        #expect(try program.run("runs", "cancel", "hand", "r3").status == 0)
        #expect(try running.waitForErrors(containing: "run hand/r3 failed: cancelled"))
        #expect(try program.run("runs", "cancel", "hand", "r3").status == 1)
        #expect(try end(running).status == 0)
    }

    @Test func aChangedFolderIsReadAgain() throws {
        let program = try BuiltProgram(dags: Self.dags)
        let running = try scheduler(program)
        let folder = program.dags.appending(path: "third")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data("third:\n  tasks:\n    a: {operator: EmptyOperator}\n".utf8).write(to: folder.appending(path: "dag.yaml"))
        #expect(try running.waitForErrors(containing: "3 DAGs in"))
        #expect(try end(running).status == 0)
    }
}
