import Foundation
import Testing

/// Assets from the command line, with and without a scheduler.
@Suite struct AssetCommandTests {
    static let dags = """
        makes:
          is_paused_upon_creation: false
          tasks:
            write: {operator: EmptyOperator, outlets: [{name: rows, uri: "s3://bucket/rows"}]}
        reads:
          is_paused_upon_creation: false
          schedule: [{name: rows, uri: "s3://bucket/rows"}]
          tasks:
            read: {operator: BashOperator, bash_command: "true"}
        """

    private func rows(_ result: BuiltProgram.Result) throws -> [[String: Any]] {
        try #require(result.status == 0, "\(result.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]])
    }

    private func assetRuns(_ program: BuiltProgram) throws -> [[String: Any]] {
        try rows(try program.run("runs", "list", "reads", "-o", "json"))
            .filter { $0["run_type"] as? String == "asset_triggered" }
    }

    /// A scheduler; `body` ends before it does.
    private func withScheduler(_ program: BuiltProgram, _ body: (RunningProgram) throws -> Void) throws {
        let scheduler = try program.start(["scheduler"])
        defer { scheduler.process.terminate() }
        #expect(try scheduler.waitForErrors(containing: "leads as"))
        try body(scheduler)
        scheduler.process.terminate()
        #expect(try scheduler.wait().status == 0)
    }

    @Test func aSchedulerStartsWhatWaitsForAnAsset() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.dags])
        try withScheduler(program) { scheduler in
            #expect(try scheduler.waitForErrors(containing: "2 DAGs"))
            let made = try program.run("dags", "trigger", "makes", "--run-id", "first")
            #expect(made.status == 0, "\(made.errors)")
            #expect(try scheduler.waitForErrors(containing: "run reads/asset_triggered__"))
            #expect(try scheduler.waitForErrors(containing: "run makes/first success"))
        }
        #expect(try assetRuns(program).count == 1)
        // Nobody leads: the event waits for the next scheduler, which starts exactly one run more.
        let created = try program.run("assets", "event", "create", "rows", "--extra", #"{"n": 7}"#, "-o", "json")
        #expect((try rows(created).first?["extra"] as? [String: Any])?["n"] as? Int == 7)
        #expect(try assetRuns(program).count == 1)
        try withScheduler(program) { (scheduler) throws in
            #expect(try scheduler.waitForErrors(containing: "run reads/asset_triggered__"))
        }
        #expect(try assetRuns(program).count == 2)
        let events = try rows(try program.run("assets", "events", "--name", "rows", "-o", "json"))
        #expect(events.map { $0["source_dag_id"] as? String } == ["makes", nil])
    }

    @Test func keysOfPartitionsAreKeptAndChecked() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.dags])
        _ = try program.run("dags", "list")
        let created = try program.run(
            "assets", "event", "create", "rows", "--partition-key", "2026-01", "-o", "json")
        #expect(try rows(created).first?["partition_key"] as? String == "2026-01")
        let blank = try program.run("assets", "event", "create", "rows", "--partition-key", " ")
        #expect(blank.status == 64 && blank.errors.contains("--partition-key: a partition key must not be empty"))
        let refused = try program.run("dags", "trigger", "makes", "--partition-key", "x")
        #expect(refused.status == 64 && refused.errors.contains("DAG 'makes' is not a partitioned DAG"))
        #expect(try rows(try program.run("partitions", "list", "-o", "json")).isEmpty)
    }

    @Test func aRunWithoutASchedulerStartsNoOther() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.dags])
        #expect(try program.run("run", "makes").status == 0)
        #expect(try assetRuns(program).isEmpty)
        #expect(try rows(try program.run("assets", "events", "-o", "json")).count == 1)
    }

    @Test func detailsSayWhoWritesAndWhoWaits() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.dags])
        let details = try #require(try rows(try program.run("assets", "details", "--uri", "s3://bucket/rows", "-o", "json")).first)
        #expect(details["name"] as? String == "rows")
        #expect(details["scheduled_dags"] as? [String] == ["reads"])
        #expect(details["producing_tasks"] as? [String] == ["makes.write"])
        #expect(try program.run("assets", "details", "--name", "rows").output.contains("makes.write"))
        #expect(try program.run("assets", "details").status == 64)
        #expect(try program.run("assets", "details", "--name", "none").status == 1)
    }

    @Test func materializeMakesARunOfTheProducer() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.dags])
        let run = try #require(try rows(try program.run("assets", "materialize", "--name", "rows", "-o", "json")).first)
        #expect(run["dag_id"] as? String == "makes")
        #expect(run["run_type"] as? String == "asset_materialization")
        #expect((run["run_id"] as? String)?.hasPrefix("asset_materialization__") == true)
        #expect(run["logical_date"] is NSNull)
        #expect(try program.run("assets", "materialize", "--name", "none").status == 1)
    }

    @Test func wrongEventsAreRefused() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.dags])
        #expect(try program.run("assets", "event", "create").status == 64)
        #expect(try program.run("assets", "event", "create", "rows", "--extra", "[1]").status == 64)
        let unknown = try program.run("assets", "event", "create", "none")
        #expect(unknown.status == 1 && unknown.errors.contains("asset with name none does not exist"))
        #expect(try rows(try program.run("assets", "events", "-o", "json")).isEmpty)
    }

    @Test func aliasesAreListed() throws {
        let program = try BuiltProgram(dags: [
            "dag.yaml": """
            waits:
              schedule: [{alias: daily}]
              tasks: {go: {operator: EmptyOperator}}
            """
        ])
        let aliases = try rows(try program.run("assets", "list", "--alias", "-o", "json"))
        #expect(aliases.map { $0["name"] as? String } == ["daily"])
    }
}
