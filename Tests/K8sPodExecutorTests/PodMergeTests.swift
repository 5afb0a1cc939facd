import Foundation
import PipelineCore
import Testing

@testable import K8sPodExecutor

/// Against what Airflow itself made of the same pods (`Tests/Fixtures/kubernetes/record_merges.py`).
struct PodMergeTests {
    private static func recorded() throws -> [JSONValue] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/kubernetes/merges.jsonl")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { try JSONValue.parse(String($0)) }
    }

    @Test func podsAreLaidOverEachOtherAsAirflowDoes() throws {
        let pairs = try Self.recorded().filter { $0["merged"] != nil }
        #expect(pairs.count == 120)
        for (number, pair) in pairs.enumerated() {
            let isEqual = PodMerge.reconcile(pair["base"]!, pair["upper"]!) == pair["merged"]!
            #expect(isEqual, "line \(number + 1)")
        }
    }

    @Test func labelsAreMadeSafeAsAirflowDoes() throws {
        let cases = try Self.recorded().compactMap { line in
            line["label"]?.stringValue.map { ($0, line["safe"]?.stringValue) }
        }
        #expect(cases.count == 11)
        for (text, safe) in cases { #expect(LabelValue.safe(text) == safe, "\(text)") }
    }

    @Test func nothingUnderAPodIsThePod() {
        let pod: JSONValue = ["metadata": ["name": "a"]]
        #expect(PodMerge.reconcile(.null, pod) == pod)
        #expect(PodMerge.reconcile(pod, [:]) == pod)
    }
}
