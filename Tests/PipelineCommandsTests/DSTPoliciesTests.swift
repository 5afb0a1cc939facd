import PipelineCore
import Testing

@testable import PipelineCommands

@Suite struct DSTPoliciesTests {
    @Test func aDAGsOwnGoesBeforeAllOthers() throws {
        let policies = try DSTPolicies(#"{"*": {"fold": "first"}, "nightly": {"gap": "skip"}}"#)
        #expect(policies["nightly"] == DSTPolicy(gap: .skip))
        #expect(policies["other"] == DSTPolicy(fold: .first))
        #expect(try DSTPolicies("")["any"] == .airflow)
    }

    @Test(arguments: [
        ("[]", "must be JSON like"), (#"{"d": 1}"#, "'d' must be an object"), (#"{"d": {"gaps": "skip"}}"#, "'gaps' is not known"),
        (#"{"d": {"fold": "third"}}"#, #"d: fold must be one of first, second, both, not "third""#),
    ])
    func whatCannotBeIsNamed(_ text: String, _ part: String) {
        let error = #expect(throws: UsageError.self) { try DSTPolicies(text, source: " (from x)") }
        #expect("\(error as Any)".contains(part))
        #expect("\(error as Any)".contains("(from x)"))
    }
}
