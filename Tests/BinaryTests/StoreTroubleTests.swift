import Foundation
import Testing

/// Databases that are not there, not writable, or not ours.
@Suite struct StoreTroubleTests {
    @Test func anUnreachableServerIsNamedWithoutItsPassword() throws {
        let program = try BuiltProgram()
        let url = "postgresql://somebody:secret@127.0.0.1:1/nowhere"
        let result = try program.run(["runs", "list"], environment: ["PIPELINE_DATABASE_URL": url])
        #expect(result.status == 1)
        #expect(result.errors.contains("unreachable"))
        #expect(result.errors.contains("127.0.0.1"))
        #expect(!result.errors.contains("secret"))
    }

    @Test func aFileThatIsNoDatabaseIsSaidToBeNone() throws {
        let program = try BuiltProgram()
        let file = program.home.appending(path: "notes.txt")
        try Data(String(repeating: "no database\n", count: 100).utf8).write(to: file)
        let result = try program.run("runs", "list", "--database-url", "sqlite:///\(file.path)")
        #expect(result.status == 1)
        #expect(result.errors.hasPrefix("Error: "))
    }

    @Test func anUnknownSettingNamesFileAndLine() throws {
        let program = try BuiltProgram()
        try Data("parallelism: 4\npytohn: /usr/bin/python3\n".utf8).write(
            to: program.home.appending(path: "pipeline.yaml"))
        let result = try program.run("config", "list")
        #expect(result.status == 64)
        #expect(result.errors.contains("pipeline.yaml:2: unknown setting 'pytohn'; did you mean 'python'?"))
    }

    @Test func checkAndMigrateSayTheVersion() throws {
        let program = try BuiltProgram()
        #expect(try program.run("db", "check").status == 1)
        #expect(try program.run("db", "migrate").status == 0)
        #expect(try program.run("db", "check").status == 0)
    }
}
