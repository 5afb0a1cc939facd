import Testing

@testable import PythonHost

struct WarmHostsTests {
    @Test func theLeastRecentlyUsedFileIsDropped() {
        var warm = WarmHosts<String>(limit: 2)
        #expect(warm.set("a", hash: "1", .serving("A")).isEmpty)
        #expect(warm.set("b", hash: "1", .serving("B")).isEmpty)
        _ = warm.use("a", hash: "1")
        #expect(warm.set("c", hash: "1", .serving("C")) == ["B"])
        #expect(warm.use("b", hash: "1") == nil)
    }

    @Test func anotherContentReplacesTheHost() {
        var warm = WarmHosts<String>(limit: 2)
        _ = warm.set("a", hash: "1", .serving("old"))
        #expect(warm.use("a", hash: "2") == nil)
        #expect(warm.set("a", hash: "2", .starting) == ["old"])
        #expect(!warm.contains("a", hash: "1"))
        #expect(warm.removeAll().isEmpty)
    }
}
