import Foundation
import Testing

/// Variables, connections and pools in Airflow's forms.
@Suite struct SettingsCommandTests {
    @Test func variablesGoRound() throws {
        let program = try BuiltProgram()
        #expect(try program.run("variables", "set", "a", "text").status == 0)
        #expect(try program.run("variables", "set", "b", #"{"x": 1}"#).status == 0)
        #expect(try program.run("variables", "get", "b").output == "{\"x\": 1}\n")
        let file = program.home.appending(path: "v.json").path
        #expect(try program.run("variables", "export", file).status == 0)
        #expect(try program.run("variables", "delete", "a").status == 0)
        #expect(try program.run("variables", "get", "a").status == 1)
        #expect(try program.run("variables", "import", file).status == 0)
        #expect(try program.run("variables", "get", "a").output == "text\n")
        let fromEnvironment = try program.run(["variables", "get", "a"], environment: ["AIRFLOW_VAR_A": "other"])
        #expect(fromEnvironment.output == "other\n")
    }

    @Test func valuesAreEncryptedAtRest() throws {
        let program = try BuiltProgram()
        #expect(try program.run("variables", "set", "k", "needle-in-the-file").status == 0)
        let uri = "postgres://u:needle-in-the-file@h:1/db"
        #expect(try program.run("connections", "add", "c", "--conn-uri", uri).status == 0)
        for name in ["pipeline.db", "pipeline.db-wal"] {
            guard let data = try? Data(contentsOf: program.home.appending(path: name)) else { continue }
            #expect(data.range(of: Data("needle-in-the-file".utf8)) == nil, "\(name) holds the secret")
        }
        let shown = try program.run("connections", "get", "c", "-o", "json").output
        #expect(shown.contains("needle-in-the-file"))
        #expect(try !program.run("connections", "list").output.contains("needle"))
    }

    @Test func poolsKnowTheDefault() throws {
        let program = try BuiltProgram()
        #expect(try program.run("pools", "set", "gpu", "2", "cards").status == 0)
        let list = try program.run("pools", "list", "-o", "json").output
        #expect(list.contains("default_pool"))
        #expect(list.contains("gpu"))
        #expect(try program.run("pools", "delete", "default_pool").status == 1)
        #expect(try program.run("pools", "set", "gpu", "many").status == 64)
    }

    @Test(arguments: ["table", "json", "yaml", "plain"])
    func everyFormatIsPrinted(_ format: String) throws {
        let program = try BuiltProgram()
        let result = try program.run("pools", "list", "-o", format)
        #expect(result.status == 0)
        #expect(result.output.contains("default_pool"))
    }
}
