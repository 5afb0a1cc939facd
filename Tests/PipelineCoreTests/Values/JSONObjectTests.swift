import PipelineCore
import Testing

@Suite struct JSONObjectTests {
    /// Below and above the size from which an index is kept.
    @Test(arguments: [0, 1, 8, 40, 41, 42, 500])
    func keepsOrderAndFindsEveryMember(_ count: Int) {
        var object = JSONObject()
        for number in 0..<count { object["key\(number)"] = .int(number) }
        #expect(object.keys == (0..<count).map { "key\($0)" })
        #expect((0..<count).allSatisfy { object["key\($0)"] == .int($0) })
        #expect(object["other"] == nil)
    }

    @Test(arguments: [3, 41, 45])
    func removedMembersAreGoneAndTheOthersFound(_ count: Int) {
        var object = JSONObject((0..<count).map { ("key\($0)", JSONValue.int($0)) })
        object["key1"] = nil
        #expect(object.count == count - 1)
        #expect(object["key1"] == nil)
        #expect(object["key\(count - 1)"] == .int(count - 1))
        object["key1"] = "back"
        #expect(object.keys.last == "key1")
    }

    @Test func equalityDoesNotLookAtTheOrder() {
        let one: JSONObject = ["a": 1, "b": 2]
        let other: JSONObject = ["b": 2, "a": 1]
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(one != ["a": 1])
    }
}
