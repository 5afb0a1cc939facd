import PipelineCore
import Testing

/// What an answer may be.
@Suite struct HITLAnswerTests {
    private static let now = Timestamp(seconds: 5)

    private func detail(_ change: (inout HITLDetail) -> Void = { _ in }) -> HITLDetail {
        var detail = HITLDetail(
            tryID: UUID7(high: 1, low: 2), task: TaskInstanceKey(run: RunKey(dagID: "d", runID: "r"), taskID: "t"),
            options: ["Approve", "Reject"], subject: "?", createdAt: Self.now)
        detail.params = [
            "n": ["value": 3, "description": .null, "schema": ["type": "integer", "minimum": 1], "source": "task"],
            "free": "text",
        ]
        change(&detail)
        return detail
    }

    private func answer(_ options: [String], _ input: JSONObject = [:]) -> HITLResponse {
        HITLResponse(
            chosenOptions: options, paramsInput: input, respondedBy: HITLUser(id: "ada", name: "Ada"),
            respondedAt: Self.now)
    }

    @Test func fieldsThatWereLeftOutHaveTheirDefaults() throws {
        #expect(try detail().checked(answer(["Approve"])).paramsInput == ["n": 3, "free": "text"])
        #expect(try detail().checked(answer(["Reject"], ["n": 7])).paramsInput == ["n": 7, "free": "text"])
    }

    @Test(
        arguments: [
            ([], [:], "invalid_options"), (["Maybe"], [:], "invalid_options"),
            (["Approve", "Reject"], [:], "invalid_options"), (["Approve"], ["n": 0], "invalid_params"),
            (["Approve"], ["n": "many"], "invalid_params"), (["Approve"], ["other": 1], "invalid_params"),
        ] as [([String], JSONObject, String)])
    func whatTheQuestionDoesNotAllowIsRefused(_ options: [String], _ input: JSONObject, _ reason: String) {
        let error = #expect(throws: TaskServiceError.self) { try detail().checked(answer(options, input)) }
        #expect(error?.reason == reason)
    }

    @Test func aFieldWithoutADefaultMustBeGiven() throws {
        let asking = detail { $0.params = ["why": ["value": .null, "description": .null, "schema": ["type": "string"]]] }
        #expect(throws: TaskServiceError.self) { try asking.checked(answer(["Approve"])) }
        #expect(try asking.checked(answer(["Approve"], ["why": "ok"])).paramsInput == ["why": "ok"])
    }

    @Test func onlyThoseMayAnswerToWhomItIsPut() throws {
        let asking = detail { $0.assignedUsers = [HITLUser(id: "bob", name: "Bob")] }
        #expect(throws: TaskServiceError.self) { try asking.checked(answer(["Approve"])) }
        let own = detail { $0.assignedUsers = [HITLUser(id: "ada", name: "A.")] }
        _ = try own.checked(answer(["Approve"]))
    }

    @Test func severalOptionsWhereTheQuestionSaysSo() throws {
        let asking = detail { $0.multiple = true }
        #expect(try asking.checked(answer(["Approve", "Reject"])).chosenOptions == ["Approve", "Reject"])
    }

    @Test func anAnsweredQuestionIsNotAnsweredAgain() {
        let asking = detail { $0.response = answer(["Approve"]) }
        #expect(throws: HITLDetail.alreadyAnswered(asking.task)) { try asking.checked(answer(["Reject"])) }
    }
}
