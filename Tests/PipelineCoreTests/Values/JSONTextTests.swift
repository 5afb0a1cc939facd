import PipelineCore
import Testing

struct JSONTextTests {
    private let text = JSONText(utf8: Array(#" {"b" : [1, {"x": "]}\""}, "a\\"], "a": {"c": null}, "\u00e9": -1.5e3 } "#.utf8))

    private func string(_ text: JSONText) -> String { String(decoding: text.utf8, as: UTF8.self) }

    @Test func findsMembersAndElementsWithoutReadingThem() throws {
        let members = try #require(try text.members())
        #expect(members.map(\.key) == ["b", "a", "é"])
        #expect(members.map { string($0.value) } == [#"[1, {"x": "]}\""}, "a\\"]"#, #"{"c": null}"#, "-1.5e3"])
        let elements = try #require(try members[0].value.elements())
        #expect(elements.map(string) == ["1", #"{"x": "]}\""}"#, #""a\\""#])
        #expect(try elements[1].member("x")?.value() == #"]}""#)
        #expect(try members[2].value.members() == nil && text.elements() == nil)
    }

    @Test func partsReadAsThemselves() throws {
        let whole = try text.value()
        for member in try #require(try text.members()) {
            #expect(try member.value.value() == whole[member.key])
        }
    }

    @Test func emptyContainersHaveNoParts() throws {
        #expect(try JSONText(utf8: Array(" { } ".utf8)).members()?.isEmpty == true)
        #expect(try JSONText(utf8: Array("[]".utf8)).elements()?.isEmpty == true)
    }

    @Test func membersAreReplacedInPlaceOrAppended() throws {
        let changed = try text.setting(["a": JSONText(7), "z": JSONText([])])
        #expect(try changed.members()?.map(\.key) == ["b", "a", "é", "z"])
        #expect(try changed.member("a")?.value() == 7 && changed.member("z")?.value() == [])
        #expect(throws: JSONParseError.self) { try JSONText([1]).setting(["a": JSONText(7)]) }
    }

    /// Long enough that it is sorted part by part.
    @Test func sortedTextIsThatOfTheSortedValue() throws {
        let long: JSONValue = ["z": 1, "a": .array((0..<3000).map { ["y": .int($0), "b": ["d": [], "c": "é\n"]] })]
        var written: [UInt8] = []
        try JSONText(long).writeSorted { written += $0 }
        #expect(written == long.serializedUTF8(sortedKeys: true))
        written = []
        try JSONText(long).writeSorted(omitting: ["a"]) { written += $0 }
        #expect(String(decoding: written, as: UTF8.self) == #"{"z":1}"#)
    }

    @Test(arguments: ["{", #"{"a"}"#, #"{"a":}"#, #"{"a":[}}"#, #"{"a":1"#, #"{"a":"x}"#, #"{"a":1 "b":2}"#, "{1:2}"])
    func brokenObjectsAreErrors(_ text: String) {
        #expect(throws: JSONParseError.self) { try JSONText(utf8: Array(text.utf8)).members() }
    }

    @Test func nestingHasABound() {
        let deep = "[" + String(repeating: "[", count: 600) + String(repeating: "]", count: 600) + "]"
        #expect(throws: JSONParseError.self) { try JSONText(utf8: Array(deep.utf8)).elements() }
    }

    @Test func errorsCountFromTheStartOfThePart() throws {
        let part = try #require(try JSONText(utf8: Array("{\n\"a\":\n[1,\n x y]}".utf8)).member("a"))
        let error = #expect(throws: JSONParseError.self) { try part.value() }
        #expect(error?.line == 2 && error?.column == 2)
    }
}
