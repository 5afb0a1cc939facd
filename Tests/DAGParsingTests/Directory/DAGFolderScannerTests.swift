import PipelineCore
import Testing

@testable import DAGParsing

struct DAGFolderScannerTests {
    private func scan(_ folder: TemporaryFolder) throws -> [String] {
        var scanner = DAGFolderScanner(root: folder.path)
        return try scanner.scan().files.map(\.path)
    }

    @Test func findsPythonZipsAndYAMLInNestedFolders() throws {
        let folder = TemporaryFolder()
        for file in [
            "b.py", "a/b/c.PY", "x.txt", "p.zip", "dag.yaml", "sub/my.dag.yaml", "sub/dag.yml", "values.yaml", ".py",
            "a/.hidden.py", "__pycache__/b.py", ".git/hooks/x.py", "not_a_dag.yaml",
        ] {
            folder.write(file, "x")
        }
        #expect(
            try scan(folder) == [
                "a/.hidden.py", "a/b/c.PY", "b.py", "dag.yaml", "p.zip", "sub/dag.yml", "sub/my.dag.yaml",
            ])
    }

    @Test func followsLinksOnceAndLoopsNever() throws {
        let folder = TemporaryFolder()
        folder.write("real/a.py", "x")
        folder.link("real/loop", to: "..")
        folder.link("twin", to: "real")
        folder.link("file.py", to: "real/a.py")
        folder.link("dangling.py", to: "nowhere")
        #expect(try scan(folder) == ["file.py", "real/a.py"])
    }

    /// What Airflow finds (scripts/make-airflowignore-cases.py).
    @Test func ignoresWhatAirflowIgnores() throws {
        let cases = try #require(try Fixtures.json("airflowignore/cases.json").arrayValue)
        #expect(cases.count > 40)
        for item in cases {
            let folder = TemporaryFolder()
            for file in item["files"]?.arrayValue ?? [] { folder.write(file.stringValue ?? "", "x") }
            for (place, text) in item["ignore"]?.objectValue ?? [:] { folder.write(place, text.stringValue ?? "") }
            let expected = item["found"]?.arrayValue?.compactMap(\.stringValue) ?? []
            #expect(try scan(folder) == expected, "\(item["ignore"]?.serialized() ?? "")")
        }
    }

    private static let contents: [(String, Bool)] = [
        ("from airflow.sdk import DAG", true), ("AIRFLOW and a dAg", true), ("import airflow  # asset", true),
        ("from airflow import x", false), ("a dag alone", false), ("", false),
    ]

    @Test(arguments: contents)
    func safeModeLooksForTwoWords(content: String, expected: Bool) {
        #expect(SafeMode.mightContainDAG(Array(content.utf8)) == expected)
    }
}
