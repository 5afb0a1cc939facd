import Foundation
import Testing

@testable import PipelineCore

struct ParamsValidatorTests {
    private let params = [
        DAGParam(name: "n", value: 5, schema: ["type": "integer", "minimum": 1]),
        DAGParam(name: "needed", value: nil, schema: ["type": "string"]),
        DAGParam(name: "free", value: nil),
    ]

    @Test func laysTheConfOverTheDefaultsInTheirOrder() throws {
        let conf: JSONObject = ["extra": [1], "free": .null, "needed": "x"]
        let resolved = try ParamsValidator.resolve(params, conf: conf)
        #expect(resolved.keys == ["n", "needed", "free", "extra"])
        #expect(resolved == ["n": 5, "needed": "x", "free": .null, "extra": [1]])
    }

    @Test func namesParameterValueAndRule() throws {
        let error = try #require(throws: ParamError.self) {
            try ParamsValidator.resolve(params, conf: ["n": 0, "needed": "x", "free": 1])
        }
        #expect(error.param == "n" && error.value == 0 && error.rule == "minimum")
        #expect("\(error)" == "Invalid input for param n: 0 is less than the minimum of 1")
    }

    @Test func namesThePlaceInsideTheValue() throws {
        let rows = DAGParam(
            name: "rows", value: [], schema: ["items": ["properties": ["id": ["type": "integer"]]]])
        let error = try #require(throws: ParamError.self) {
            try ParamsValidator.resolve([rows], conf: ["rows": [["id": 1], ["id": "two"]]])
        }
        #expect("\(error)" == "Invalid input for param rows: 'two' is not of type 'integer' (at [1].id)")
    }

    @Test func refusesAParameterWithoutAValue() throws {
        let error = try #require(throws: ParamError.self) { try ParamsValidator.resolve(params, conf: ["n": 1]) }
        #expect(error.param == "needed" && error.rule == "required" && error.value == nil)
        #expect("\(error)".hasPrefix("Invalid input for param needed: No value passed"))
    }

    @Test func aNullDefaultIsAValueLikeAnyOther() {
        let param = DAGParam(name: "p", value: .null, schema: ["type": "string"])
        #expect(throws: ParamError.self) { try ParamsValidator.checkDefaults([param]) }
        let optional = DAGParam(name: "p", value: .null, schema: ["type": ["string", "null"]])
        #expect(throws: Never.self) { try ParamsValidator.checkDefaults([optional]) }
    }
}

struct JSONSchemaValidatorTests {
    /// Recorded with Python's `jsonschema` (scripts/make-params-cases.py).
    @Test func saysWhatAirflowSays() throws {
        let cases = try #require(try Self.recordedCases().arrayValue)
        #expect(cases.count > 5_000)
        for item in cases {
            let (schema, value) = (item["schema"] ?? .null, item["value"] ?? .null)
            let violation = JSONSchemaValidator(schema: schema).violation(by: value)
            let rules = item["error"]?["rules"]?.arrayValue?.compactMap(\.stringValue) ?? []
            let text = "\(schema.serialized()) \(value.serialized()): \(violation.map { "\($0)" } ?? "accepted")"
            #expect((violation == nil) == rules.isEmpty, "\(text)")
            guard let violation, let message = item["error"]?["message"]?.stringValue else { continue }
            #expect(violation.message == message, "\(text)")
        }
    }

    private static func recordedCases() throws -> JSONValue {
        let file = URL(filePath: #filePath).appending(path: "../../../Fixtures/params/cases.json").standardized
        return try JSONValue.parse(utf8: [UInt8](Data(contentsOf: file)))
    }

    @Test(arguments: ["unevaluatedItems", "unevaluatedProperties", "$dynamicRef"])
    func saysWhichWordsItDoesNotKnow(word: String) {
        let violation = JSONSchemaValidator(schema: .object([word: false])).violation(by: 1)
        #expect(violation?.rule == word)
    }

    @Test func aSchemaThatRefersToItselfComesToAnEnd() {
        let violation = JSONSchemaValidator(schema: ["$ref": "#"]).violation(by: 1)
        #expect(violation?.message == "the schema is nested too deeply")
    }

    @Test(
        arguments: [
            ["type": "text"], ["minimum": "3"], ["pattern": "["], ["required": "a"], ["anyOf": []], ["items": 3],
        ] as [JSONObject])
    func aWrongSchemaRefusesInsteadOfAccepting(schema: JSONObject) {
        let values: [JSONValue] = [1, "a", ["a"], ["b": 1]]
        #expect(values.contains { JSONSchemaValidator(schema: .object(schema)).violation(by: $0) != nil })
    }
}
