import PipelineCore
import Testing

@testable import DAGParsing

struct DAGDocumentTests {
    private static func entry(_ changes: [(String, JSONValue?)] = []) throws -> JSONValue {
        var serialized = try Fixtures.json("serialized/ser_full.json")
        for (path, value) in changes {
            serialized = serialized.setting(value, at: path.split(separator: "/").map(String.init))
        }
        return [
            "dag_id": "ser_full", "serialized": serialized,
            "native": [
                "bash": [
                    "operator": "airflow.providers.standard.operators.bash.BashOperator",
                    "attributes": [
                        "bash_command": "echo hi", "env": ["__type": "dict", "__var": ["A": "{{ ds }}"]],
                        "skip_on_exit_code": [99], "cwd": ["__type": "arg_not_set", "__var": .null],
                        "timeout": ["__type": "timedelta", "__var": 3.0],
                    ],
                ],
                "kpo": [
                    "operator": "airflow.providers.cncf.kubernetes.operators.pod.KubernetesPodOperator",
                    "attributes": ["name": "kpo"], "pod": ["kind": "Pod"],
                ],
            ],
            "python_only": ["gen": "it is Python"],
        ]
    }

    @Test func handsNativeAttributesAndReasonsToTheTasks() throws {
        let dag = try DAGDocument(readerEntry: JSONText(Self.entry())).decode()
        let bash = try #require(dag["bash"]?.native)
        #expect(bash.operatorClass == "airflow.providers.standard.operators.bash.BashOperator")
        #expect(bash.attributes["env"] == ["A": "{{ ds }}"])
        #expect(bash.attributes["timeout"] == ["__type": "timedelta", "__var": 3.0])
        #expect(bash.attributes["cwd"] == nil)
        #expect(dag["kpo"]?.native?.attributes["pod"] == ["kind": "Pod"])
        #expect(dag["gen"]?.pythonReason == "it is Python")
        #expect(dag["gen"]?.native == nil)
        #expect(dag["bash"]?.pythonReason == nil)
    }

    @Test func takesTheWeightsOfCustomRules() throws {
        let serialized = try #require(
            try Fixtures.jsonLines("serialized/examples.jsonl").first {
                $0["dag"]?["dag_id"] == "example_custom_weight"
            })
        let entry: JSONValue = ["serialized": serialized, "weights": ["task_1": 4]]
        let dag = try DAGDocument(readerEntry: JSONText(entry)).decode()
        guard case .custom(let path, weight: 4)? = dag["task_1"]?.weightRule else {
            Issue.record("no custom weight")
            return
        }
        #expect(path.hasSuffix("DecreasingPriorityStrategy"))
    }

    @Test func storedBytesGiveTheSameDAGAndHash() throws {
        let document = try DAGDocument(readerEntry: JSONText(Self.entry()))
        let stored = try DAGDocument(utf8: document.utf8)
        #expect(stored == document)
        #expect(try stored.hash() == document.hash())
        let (dag, again) = (try document.decode(), try stored.decode())
        #expect(dag.header == again.header && dag.tasks == again.tasks && dag.rootGroup == again.rootGroup)
    }

    @Test func hashIgnoresThePlaceOfTheFolderAndTheOrderOfKeys() throws {
        let document = try DAGDocument(readerEntry: JSONText(Self.entry()))
        let moved = try DAGDocument(
            readerEntry: JSONText(
                Self.entry([("dag/fileloc", "/elsewhere/x.py"), ("dag/_processor_dags_folder", "/elsewhere")])))
        #expect(try moved.hash() == document.hash())
        let sorted = try DAGDocument(utf8: document.text.value().serializedUTF8(sortedKeys: true))
        #expect(try sorted.hash() == document.hash())
        #expect(try document.hash().count == 64)
    }

    private static let changes: [(String, JSONValue)] = [
        ("dag/tasks/1/__var/bash_command", "echo other"), ("dag/catchup", true),
        ("dag/relative_fileloc", "moved.py"), ("dag/tags", ["other"]),
    ]

    @Test(arguments: changes)
    func hashFollowsTheContent(path: String, value: JSONValue) throws {
        let document = try DAGDocument(readerEntry: JSONText(Self.entry()))
        #expect(try DAGDocument(readerEntry: JSONText(Self.entry([(path, value)]))).hash() != document.hash())
    }

    @Test func hashFollowsNativeAttributes() throws {
        let document = try DAGDocument(readerEntry: JSONText(Self.entry()))
        let changed = try Self.entry().setting([1], at: ["native", "bash", "attributes", "skip_on_exit_code"])
        #expect(try DAGDocument(readerEntry: JSONText(changed)).hash() != document.hash())
    }

    @Test func refusesWhatIsNoDocument() {
        #expect(throws: DAGParsingError.self) { try DAGDocument(utf8: Array("{".utf8)) }
        #expect(throws: DAGParsingError.self) { try DAGDocument(readerEntry: JSONText(["dag_id": "x"])) }
        #expect(throws: DAGParsingError.self) { try DAGDocument(utf8: Array("[]".utf8)).decode() }
    }

    @Test func hashIsSHA256() {
        #expect(
            ContentHash.sha256(Array("abc".utf8))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
