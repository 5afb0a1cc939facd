import Foundation
import Testing

/// `-o json|yaml|plain|table` of commands whose usual output is text.
@Suite struct OutputFormatTests {
    static let commands: [([String], [String])] = [
        (["dags", "show", "two"], ["task_id", "operator", "mapped", "trigger_rule", "upstream_task_ids", "downstream_task_ids"]),
        (
            ["dags", "next-execution", "two"],
            ["dag_id", "logical_date", "partition_key", "partition_date", "run_after"]
        ),
        (["xcom", "get", "two", "latest", "first"], ["task_id", "map_index", "key", "value"]),
        (["version"], ["version", "airflow_version"]),
        (["db", "check"], ["location", "status", "schema_version"]),
    ]

    @Test func eachFormatIsWhatItsNameSays() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": RunCommandTests.two])
        #expect(try program.run("run", "two", "-q").status == 0)
        for (command, keys) in Self.commands {
            let json = try program.run(command + ["-o", "json"])
            let rows = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
            #expect(rows.map { Set($0[0].keys) } == Set(keys), "\(command): \(json.errors)")
            let yaml = try program.run(command + ["-o", "yaml"]).output
            #expect(yaml.hasPrefix("- \(keys[0]): "), "\(command): \(yaml)")
            #expect(try program.run(command + ["-o", "table"]).output.split(separator: "\n").dropFirst().first?.first == "=")
            #expect(try program.run(command + ["-o", "plain"]).output.hasPrefix(keys[0]))
            #expect(try program.run(command + ["-o", "xml"]).status == 64)
            #expect(try program.run(command).status == 0)
        }
    }

    @Test func whatIsSaidOfAChangeIsARowToo() throws {
        let program = try BuiltProgram()
        func row(_ arguments: String...) throws -> [String: String] {
            let result = try program.run(arguments + ["-o", "json"])
            let rows = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: String]]
            return try #require(rows?.first, "\(arguments): \(result.errors)")
        }
        #expect(try row("variables", "set", "a", "1") == ["key": "a", "status": "created"])
        #expect(try row("variables", "get", "a") == ["key": "a", "value": "1"])
        #expect(try row("variables", "delete", "a") == ["key": "a", "status": "deleted"])
        #expect(try row("connections", "add", "c", "--conn-uri", "http://h") == ["conn_id": "c", "status": "added"])
        #expect(try row("connections", "delete", "c") == ["conn_id": "c", "status": "deleted"])
        #expect(try program.run("pools", "set", "gpu", "2", "cards").status == 0)
        #expect(try row("pools", "delete", "gpu") == ["pool": "gpu", "status": "deleted"])
        #expect(try row("config", "get-value", "parallelism") == ["name": "parallelism", "value": "32"])
    }

    @Test func dotAndOutputExcludeEachOther() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": RunCommandTests.two])
        #expect(try program.run("dags", "show", "two", "--dot", "-o", "json").status == 64)
        #expect(try program.run("dags", "show", "two", "--dot").output.hasPrefix("digraph"))
    }

    @Test func aRunIsDeletedOnceThatIsConfirmed() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": RunCommandTests.two])
        #expect(try program.run("run", "two", "-q", "--run-id", "r").status == 0)
        #expect(try program.run("runs", "delete", "two", "r").status == 1)
        #expect(try program.run("runs", "show", "two", "r").status == 0)
        #expect(try program.run("runs", "delete", "two", "r", "-y").status == 0)
        #expect(try program.run("runs", "show", "two", "r").status == 1)
    }
}
