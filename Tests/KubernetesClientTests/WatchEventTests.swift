import PipelineCore
import Testing

@testable import KubernetesClient

@Suite struct WatchEventTests {
    @Test func recordedEventsAreRead() throws {
        let events = try Fixture.lines("pods.ndjson").map { try WatchEvent.parse($0) }
        #expect(events.first == .bookmark(resourceVersion: "6735", endsInitialEvents: true))
        #expect(events.allSatisfy { $0.resourceVersion?.isEmpty == false })
        #expect(
            try Fixture.lines("events.ndjson").allSatisfy {
                if case .error = try WatchEvent.parse($0) { false } else { true }
            })
    }

    @Test(arguments: ["", "{}", "[]", #"{"type":"ADDED"}"#, #"{"type":"OTHER","object":{}}"#, #"{"type":"ADDED","obj"#])
    func otherLinesAreErrors(_ line: String) {
        #expect(throws: (any Error).self) { try WatchEvent.parse(Array(line.utf8)) }
    }
}
