import Foundation
import Testing

/// Clearing on another version, `pipeline db clean` and its archives, as their users see them.
@Suite struct RetentionCommandTests {
    private static let first = "d:\n  tasks:\n    a: {operator: BashOperator, bash_command: \"echo hello\"}\n"
    private static let second = first + "    b: {operator: EmptyOperator, dependencies: [a]}\n"

    private func publish(_ text: String, _ program: BuiltProgram) throws {
        try Data(text.utf8).write(to: program.dags.appending(path: "d/dag.yaml"))
        #expect(try program.run("dags", "list").status == 0)
    }

    private func tasks(_ program: BuiltProgram) throws -> [String] {
        let text = try program.run("tasks", "states-for-dag-run", "d", "r", "-o", "json").output
        let rows = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
        return rows.compactMap { row in
            (row["task_id"] as? String).map { "\($0) \(row["state"] as? String ?? "none")" }
        }.sorted()
    }

    @Test func aRunKeepsItsVersionUnlessTheLatestIsAskedFor() throws {
        let program = try BuiltProgram(dags: ["d/dag.yaml": Self.first])
        #expect(try program.run("run", "d", "--run-id", "r").status == 0)
        try publish(Self.second, program)
        #expect(try program.run("runs", "clear", "d", "r", "-y").status == 0)
        #expect(try program.run("run", "d", "--run-id", "r").status == 0)
        #expect(try tasks(program) == ["a success"])
        let cleared = try program.run("tasks", "clear", "d", "-r", "r", "-y", "--run-on-latest-version")
        #expect(cleared.status == 0, "\(cleared.errors)")
        #expect(try program.run("run", "d", "--run-id", "r").status == 0)
        #expect(try tasks(program) == ["a success", "b success"])
        try publish(Self.first, program)
        #expect(try program.run("dags", "clear", "d", "-r", "r", "-y", "--run-on-latest-version").status == 0)
        #expect(try program.run("run", "d", "--run-id", "r").status == 0)
        #expect(try tasks(program) == ["a success", "b removed"])
        #expect(try program.run("fsck", "--all").status == 0)
    }

    @Test func oldRunsGoWithTheirLogsAndStayInAnArchive() throws {
        let program = try BuiltProgram(dags: ["d/dag.yaml": Self.first])
        for run in ["r1", "r2"] { #expect(try program.run("run", "d", "--run-id", run).status == 0) }
        let logs = program.home.appending(path: "logs/dag_id=d").path
        #expect(FileManager.default.fileExists(atPath: logs))
        let dry = try program.run("db", "clean", "--clean-before-timestamp", "2100-01-01", "--dry-run", "-o", "plain").output
        #expect(dry.split(separator: "\n").contains { $0.hasPrefix("dag_run ") && $0.hasSuffix(" 2") }, "\(dry)")
        let cleaned = try program.run("db", "clean", "--clean-before-timestamp", "2100-01-01", "-y")
        #expect(cleaned.status == 0, "\(cleaned.errors)")
        #expect(try program.run("runs", "list", "-o", "json").output == "[]\n")
        #expect(!FileManager.default.fileExists(atPath: logs))
        let folder = program.home.appending(path: "export")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let exported = try program.run("db", "export-archived", "--output-path", folder.path, "--tables", "dag_run", "--drop-archives", "-y")
        #expect(exported.status == 0, "\(exported.errors)")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let runs = try #require(names.first { $0.hasPrefix("_airflow_deleted__dag_run__") })
        let text = try String(contentsOf: folder.appending(path: runs), encoding: .utf8)
        #expect(text.hasPrefix("dag_id,run_id,"), "\(text)")
        #expect(text.contains("d,r1,manual,success,"), "\(text)")
        #expect(try program.run("db", "drop-archived", "-y").status == 0)
        #expect(try program.run("db", "drop-archived", "-y", "-o", "json").output == "[]\n")
        let wrong = try program.run("db", "clean", "--clean-before-timestamp", "2100-01-01", "--tables", "job", "-y")
        #expect(wrong.status == 64)
        #expect(wrong.errors.contains("'job' is no table that can be cleaned"), "\(wrong.errors)")
    }
}
