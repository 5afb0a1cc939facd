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

    static let connectionFiles = [
        ("c.json", #"{"a": {"conn_type": "http", "host": "h", "extra": {"k": 1}}, "b": "postgres://u:p@h:5/db?x=1"}"#),
        (
            "c.yaml",
            """
            a: {conn_type: http, host: h, extra_dejson: {k: 1}}
            b: [postgres://u:p@h:5/db?x=1]
            """
        ),
        (
            "c.env",
            """
            # comment
            a={"conn_type": "http", "host": "h", "extra": {"k": 1}}

            b=postgres://u:p@h:5/db?x=1
            """
        ),
    ]

    @Test(arguments: connectionFiles)
    func connectionsAreReadFromEveryNotation(_ name: String, _ text: String) throws {
        let program = try BuiltProgram()
        let file = try program.file(name, text)
        #expect(try program.run("connections", "import", file).output == "Imported connection a\nImported connection b\n")
        let all = program.home.appending(path: "all.env").path
        #expect(try program.run("connections", "export", all).status == 0)
        let lines = #"""
            a=http://h/?__extra__=%7B%22k%22%3A+1%7D
            b=postgres://u:p@h:5/db?__extra__=%7B%22x%22%3A+1%7D

            """#
        #expect(try String(contentsOfFile: all, encoding: .utf8) == lines)
        #expect(try program.run("connections", "import", file).output.contains("connection already exists"))
    }

    @Test(arguments: [
        ("v.json", #"{"a": "text", "b": {"k": [1]}, "c": {"value": 5, "description": "five"}}"#),
        ("v.yml", "a: text\nb: {k: [1]}\nc: {value: 5, description: five}\n"),
    ])
    func variablesAreReadFromEveryNotation(_ name: String, _ text: String) throws {
        let program = try BuiltProgram()
        #expect(try program.run("variables", "import", program.file(name, text)).status == 0)
        let rows = try program.run("variables", "list", "--show-values", "-o", "json").output
        let values = try #require(try JSONSerialization.jsonObject(with: Data(rows.utf8)) as? [[String: Any]])
        #expect(values.map { $0["val"] as? String } == ["text", "{\n  \"k\": [\n    1\n  ]\n}", "5"])
        #expect(values.map { $0["description"] as? String } == [nil, nil, "five"])
    }

    @Test func environmentFilesHoldTexts() throws {
        let program = try BuiltProgram()
        let file = try program.file("v.env", "a=1=2\n  # comment\nb= blank \n")
        #expect(try program.run("variables", "import", file).status == 0)
        #expect(try program.run("variables", "get", "a").output == "1=2\n")
        #expect(try program.run("variables", "get", "b").output == " blank \n")
    }

    @Test(arguments: [
        ("v.env", "a=1\nb\n", "v.env:2: expected KEY=value"), ("v.env", "a=1\na=2\n", "v.env:2: 'a' stands twice"),
        ("v.env", "=1\n", "v.env:1: expected KEY=value"), ("v.yaml", "a: 1\nb: [\n", "v.yaml:"),
        ("v.yaml", "- a\n", "expected a YAML mapping"), ("v.json", "{\n,", "v.json:2: not JSON"),
        ("v.txt", "a=1", "unsupported file format"), ("v.yaml", "a: 1\na: 2\n", "stands twice"),
    ])
    func aWrongFileNamesItsLine(_ name: String, _ text: String, _ message: String) throws {
        let program = try BuiltProgram()
        let result = try program.run("variables", "import", program.file(name, text))
        #expect(result.status == 64)
        #expect(result.errors.contains(message), "\(result.errors)")
        #expect(try program.run("variables", "list", "-o", "json").output == "[]\n")
    }

    @Test func existingVariablesMayBeKept() throws {
        let program = try BuiltProgram()
        #expect(try program.run("variables", "set", "a", "old").status == 0)
        let file = try program.file("v.json", #"{"a": "new", "b": "1"}"#)
        #expect(try program.run("variables", "import", file, "-a", "fail").status == 1)
        #expect(try program.run("variables", "get", "b").status == 1)
        #expect(try program.run("variables", "import", file, "-a", "skip").output.contains("['a'] were skipped"))
        #expect(try program.run("variables", "get", "a").output == "old\n")
        #expect(try program.run("variables", "import", file).status == 0)
        #expect(try program.run("variables", "get", "a").output == "new\n")
    }

    @Test func anObjectWithAValueComesBackAsItWas() throws {
        let program = try BuiltProgram()
        #expect(try program.run("variables", "set", "a", #"{"value": 1, "other": 2}"#).status == 0)
        let file = program.home.appending(path: "v.json").path
        #expect(try program.run("variables", "export", file).status == 0)
        #expect(try program.run("variables", "delete", "a").status == 0)
        #expect(try program.run("variables", "import", file).status == 0)
        #expect(try program.run("variables", "get", "a").output.contains(#""other": 2"#))
    }

    @Test func secretsAreHiddenOnDemand() throws {
        let program = try BuiltProgram()
        #expect(try program.run("connections", "add", "c", "--conn-uri", "x://user:needle@h?k=needle").status == 0)
        let hidden = try program.run("connections", "list", "--show-values", "--hide-sensitive", "-o", "json").output
        #expect(hidden.contains("x://***:***@h"))
        #expect(!hidden.contains("needle"))
        #expect(try program.run("connections", "list", "--hide-sensitive").status == 64)
        #expect(try program.run("connections", "get", "c", "-o", "json").output.contains("x://user:needle@h"))
        #expect(try program.run("connections", "add", "a b", "--conn-uri", "x://h").status == 64)
    }
}
