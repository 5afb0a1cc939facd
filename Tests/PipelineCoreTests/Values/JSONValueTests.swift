import PipelineCore
import Testing

@Suite struct JSONValueTests {
    @Test(arguments: [
        #"{"b":1,"a":[true,null,1.5,"x\n\u00e9"],"c":{}}"#, #"[]"#, #""""#, "NaN", "-Infinity", "[1.0,-2,1e+30]",
    ])
    func parsesAndWritesTheSameText(_ text: String) throws {
        let value = try JSONValue.parse(text)
        let again = try JSONValue.parse(value.serialized())
        #expect(again.serialized() == value.serialized())
    }

    @Test func keepsKeyOrderAndNumberKind() throws {
        let value = try JSONValue.parse(#"{"z": 1, "a": 1.0}"#)
        #expect(value.serialized(.python) == #"{"z": 1, "a": 1.0}"#)
    }

    @Test func joinsSurrogatePairs() throws {
        #expect(try JSONValue.parse(#""\ud83d\ude00""#) == .string("😀"))
        #expect(try JSONValue.parse(#""\ud83d""#) == .string("\u{FFFD}"))
    }

    @Test(arguments: ["", "{", "[1,]", "{\"a\" 1}", "tru", "01x", "\"a", "[1] 2", "\"\u{1}\""])
    func refusesWhatIsNotJSON(_ text: String) {
        #expect(throws: JSONParseError.self) { try JSONValue.parse(text) }
    }

    @Test func namesLineAndColumn() {
        let error = #expect(throws: JSONParseError.self) { try JSONValue.parse("{\n  \"a\": x}") }
        #expect(error?.line == 2)
        #expect(error?.column == 8)
    }

    @Test func refusesNestingBeyondTheBound() {
        let deep = String(repeating: "[", count: JSONValue.maximumDepth + 1)
        #expect(throws: JSONParseError.self) { try JSONValue.parse(deep) }
    }
}
