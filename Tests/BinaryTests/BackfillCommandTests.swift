import Foundation
import Testing

/// `pipeline backfill` as its users see it.
@Suite struct BackfillCommandTests {
    static let dags = [
        "past/dag.yaml": """
            past:
              schedule: "@daily"
              start_date: 2024-01-01
              end_date: 2024-01-02
              is_paused_upon_creation: false
              tasks:
                go: {operator: BashOperator, bash_command: "echo {{ ds }} >> $PIPELINE_HOME/lines"}
            """,
        "slow/dag.yaml": """
            slow:
              schedule: "@daily"
              start_date: 2024-01-01
              end_date: 2024-01-01
              is_paused_upon_creation: false
              tasks:
                go:
                  operator: BashOperator
                  bash_command: "echo {{ ds }} > $PIPELINE_HOME/begun; until [ -e $PIPELINE_HOME/go ]; do sleep 0.01; done"
            """,
        "never/dag.yaml": "never:\n  tasks:\n    a: {operator: EmptyOperator}\n",
    ]

    private func scheduler(_ program: BuiltProgram) throws -> RunningProgram {
        let running = try program.start(["scheduler"])
        #expect(try running.waitForErrors(containing: "3 DAGs in"))
        return running
    }

    private func end(_ running: RunningProgram, _ signal: Int32 = SIGTERM) throws {
        kill(running.process.processIdentifier, signal)
        _ = try running.wait()
    }

    private func create(_ program: BuiltProgram, _ dagID: String, _ to: String, _ more: String...) throws -> BuiltProgram.Result {
        try program.run(["backfill", "create", "--dag-id", dagID, "--from-date", "2024-03-01", "--to-date", to] + more)
    }

    @Test func aBackfillIsCarriedOutByTheNextScheduler() throws {
        let program = try BuiltProgram(dags: Self.dags)
        let dry = try create(program, "past", "2024-03-03", "--dry-run", "-o", "plain")
        #expect(dry.output.split(separator: "\n").count == 4, "\(dry.output)")
        let made = try create(program, "past", "2024-03-03", "--max-active-runs", "1", "--run-backwards")
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.errors.contains("No scheduler runs on this store"))
        let second = try create(program, "past", "2024-03-09")
        #expect(second.status == 1)
        #expect(second.errors.contains("only one at a time"), "\(second.errors)")
        let running = try scheduler(program)
        #expect(try running.waitForErrors(containing: "run past/backfill__2024-03-01T00:00:00+00:00 success"))
        try end(running)
        let lines = try String(contentsOf: program.home.appending(path: "lines"), encoding: .utf8)
        #expect(lines.split(separator: "\n").filter { $0.hasPrefix("2024-03") } == ["2024-03-03", "2024-03-02", "2024-03-01"])
        let open = try program.run("backfill", "list", "-o", "json")
        #expect(open.output == "[]\n", "\(open.output)")
        let dates = try program.run("backfill", "show", "1", "-o", "plain").output
        #expect(dates.split(separator: "\n").count { $0.contains("success") } == 3, "\(dates)")
        #expect(try program.run("fsck", "--all").status == 0)
    }

    @Test func aRunningBackfillSurvivesItsSchedulerAndCanBePausedAndCancelled() throws {
        let program = try BuiltProgram(dags: Self.dags)
        var running = try scheduler(program)
        #expect(try create(program, "slow", "2024-03-05", "--max-active-runs", "1").status == 0)
        #expect(try running.wait(for: program.home.appending(path: "begun")))
        try end(running, SIGKILL)
        running = try scheduler(program)
        #expect(try running.waitForErrors(containing: "goes on with"))
        #expect(try program.run("backfill", "pause", "1").status == 0)
        let paused = try program.run("backfill", "list", "-o", "json").output
        #expect(paused.contains("\"is_paused\": true"), "\(paused)")
        #expect(try program.run("backfill", "unpause", "1").status == 0)
        let cancelled = try program.run("backfill", "cancel", "1")
        #expect(cancelled.status == 0, "\(cancelled.errors)")
        #expect(try program.run("backfill", "cancel", "1").errors.contains("already completed"))
        _ = try program.file("go", "")
        #expect(try running.waitForErrors(containing: "run slow/backfill__2024-03-01T00:00:00+00:00 success"))
        try end(running)
        let runs = try program.run("runs", "list", "slow", "-o", "plain").output
        #expect(runs.split(separator: "\n").count { $0.contains("backfill__") } == 1, "\(runs)")
        #expect(try program.run("fsck", "--all").status == 0)
    }

    @Test func whatCannotBeIsRefusedWithItsReason() throws {
        let program = try BuiltProgram(dags: Self.dags)
        let cases: [(BuiltProgram.Result, Int32, String)] = [
            (try create(program, "never", "2024-03-05"), 64, "non-periodic schedule"),
            (try create(program, "past", "2024-02-05"), 64, "must not be after"),
            (try create(program, "past", "yesterday"), 64, "no ISO 8601 time (--to-date)"),
            (try create(program, "past", "2024-03-05", "--max-active-runs", "0"), 64, "at least 1"),
            (try create(program, "past", "2024-03-05", "--reprocess-behavior", "all"), 64, "none of none, failed, completed"),
            (try create(program, "past", "2024-03-05", "--dag-run-conf", "[1]"), 64, "must be a JSON object"),
            (try create(program, "pats", "2024-03-05"), 1, "did you mean 'past'?"),
            (try program.run("backfill", "pause", "7"), 1, "there is no backfill 7"),
        ]
        for (result, status, text) in cases {
            #expect(result.status == status, "\(result.errors)")
            #expect(result.errors.contains(text), "\(result.errors)")
        }
    }

    @Test func cancellingWorksWithoutAScheduler() throws {
        let program = try BuiltProgram(dags: Self.dags)
        #expect(try create(program, "past", "2024-03-03").status == 0)
        #expect(try program.run("backfill", "cancel", "1").status == 0)
        #expect(try create(program, "past", "2024-03-03").status == 0)
        let all = try program.run("backfill", "list", "--all", "-o", "plain").output
        #expect(all.split(separator: "\n").count == 3, "\(all)")
    }
}
