import PipelineCore
import Testing

@testable import KubernetesClient

@Suite struct CacheContentsTests {
    private func contents() -> CacheContents<String> { CacheContents { $0["status"]?["phase"]?.stringValue } }

    @Test func theRecordedStreamEndsWithThePodsThatWereNotDeleted() throws {
        var cache = contents()
        var alive: [String: String] = [:]
        for line in try Fixture.lines("pods.ndjson") {
            let json = try JSONValue.parse(utf8: line)
            let (type, object) = (json["type"]?.stringValue, json["object"] ?? .null)
            let uid = object["metadata"]?["uid"]?.stringValue ?? ""
            if type == "DELETED" { alive[uid] = nil }
            if type == "ADDED" || type == "MODIFIED" { alive[uid] = object["status"]?["phase"]?.stringValue }
            _ = cache.apply(try WatchEvent.parse(line))
        }
        #expect(cache.entries.mapValues(\.value) == alive && !alive.isEmpty)
    }

    @Test func aDoubledEventChangesNothing() {
        var cache = contents()
        let events: [WatchEvent] = [
            .added(pod("a", version: "1")), .added(pod("a", version: "1")), .modified(pod("a", version: "2")),
            .deleted(pod("a", version: "3")), .deleted(pod("a", version: "3")),
        ]
        let changes = events.map { cache.apply($0) }
        #expect(changes == [["uid-a": "a"], [:], ["uid-a": "a"], ["uid-a": "a"], [:]])
        #expect(cache.entries.isEmpty && cache.resourceVersion == "3")
    }

    @Test func aNamesakeIsAnotherObject() {
        var cache = contents()
        _ = cache.apply(.added(pod("a", version: "1", uid: "old")))
        _ = cache.apply(.added(pod("a", version: "3", uid: "new")))
        _ = cache.apply(.deleted(pod("a", version: "4", uid: "old")))
        #expect(Array(cache.entries.keys) == ["new"])
    }

    @Test func whatAListDoesNotHaveIsGoneOnceTheListIsComplete() {
        var cache = contents()
        _ = cache.apply(.added(pod("a", version: "1")))
        _ = cache.apply(.added(pod("b", version: "2")))
        cache.beginList()
        cache.addListed(pod("b", version: "2"))
        cache.addListed(pod("c", version: "3"))
        #expect(cache.entries.count == 2)
        let changed = cache.endList(resourceVersion: "9")
        #expect(changed == ["uid-a": "a", "uid-c": "c"] && Set(cache.entries.keys) == ["uid-b", "uid-c"])
        cache.beginList()
        cache.addListed(pod("b", version: "2"))
        cache.addListed(pod("c", version: "4"))
        let changedAgain = cache.endList(resourceVersion: "10")
        #expect(changedAgain == ["uid-c": "c"] && cache.resourceVersion == "10")
    }

    @Test func anObjectThatTheTransformLeavesOutIsNotKept() {
        var cache = contents()
        _ = cache.apply(.added(pod("a", version: "1")))
        let changed = cache.apply(.modified(["metadata": ["uid": "uid-a", "resourceVersion": "2"]]))
        #expect(changed == ["uid-a": "a"] && cache.entries.isEmpty)
    }
}
