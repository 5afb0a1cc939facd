import PipelineCore
import Testing

@testable import DAGParsing

/// A DAG in YAML and the same in Python are the same value. What the reader says of pairs.py is recorded in pairs.jsonl
/// (scripts/make-yaml-pairs.py).
struct YAMLPairsTests {
    static let ids = ["pair_asset_list", "pair_assets", "pair_groups", "pair_mapped", "pair_operators", "pair_pods"]

    @Test(arguments: ids)
    func bothNotationsGiveTheSameDAG(id: String) throws {
        let text = String(decoding: Fixtures.bytes("yaml/pairs.dag.yaml"), as: UTF8.self)
        let documents = try TestYAML.parser.parse(text, file: "pairs.py")
        #expect(documents.compactMap(\.dagID).sorted() == Self.ids)
        let yaml = try #require(try documents.first { $0.dagID == id }?.decode())
        let entry = try #require(
            try Fixtures.jsonLines("yaml/pairs.jsonl").first { $0["dag_id"]?.stringValue == id })
        try expectEqual(yaml, DAGDocument(readerEntry: JSONText(entry)).decode())
    }
}

/// Compares two DAGs, telling the first difference of each task.
func expectEqual(_ found: DAG, _ expected: DAG) throws {
    let difference = DecodedDAG(dag: found).json.difference(from: DecodedDAG(dag: expected).json)
    #expect(difference == nil, "\(found.id)\(difference ?? "")")
    #expect(Set(found.tasks.map(\.id)) == Set(expected.tasks.map(\.id)))
    for task in expected.tasks {
        let own = withoutKubernetesObjects(try #require(found[task.id]))
        let task = withoutKubernetesObjects(task)
        let native = own.native.map { JSONValue.object($0.attributes) } ?? .null
        let given = task.native.map { JSONValue.object($0.attributes) } ?? .null
        for (label, pair) in [
            ("native", (native, given)), ("attributes", (.object(own.attributes), .object(task.attributes))),
        ] {
            let difference = pair.0.difference(from: pair.1)
            #expect(difference == nil, "\(found.id).\(task.id) \(label)\(difference ?? "")")
        }
        #expect(own.native?.operatorClass == task.native?.operatorClass)
        #expect(own == task, "\(found.id).\(task.id)")
    }
    #expect(found.header == expected.header)
}

/// Airflow shows these in the spelling of Kubernetes's Python client, with each absent field as `None`; in the pod,
/// which is what counts, they are the same.
private func withoutKubernetesObjects(_ task: TaskDefinition) -> TaskDefinition {
    var task = task
    for key in ["volumes", "volume_mounts"] { task.attributes[key] = nil }
    return task
}

enum TestYAML {
    static let parser = YAMLDAGParser(folder: "/dags", now: Timestamp(microseconds: 1_772_366_400_000_000)) { name in
        switch name {
        case "UTC": .utc
        case "Europe/Paris": .fixed(name: name, offsetSeconds: 3_600)
        case "Asia/Tokyo": .fixed(name: name, offsetSeconds: 32_400)
        default: throw ZoneError(name: name, message: "no such zone")
        }
    }
}
