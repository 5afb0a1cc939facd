/// A question that a task asks a person, and the answer: a row of `hitl_detail`. Each try has at most one.
/// Source: Airflow 3.3 `models/hitl.py`.
package struct HITLDetail: Sendable, Hashable {
    /// The try that asks.
    package var tryID: UUID7
    package var task: TaskInstanceKey
    /// The answers to choose from, at least one.
    package var options: [String]
    package var subject: String
    /// Markdown.
    package var body: String?
    /// What counts as chosen when nobody answers in time.
    package var defaults: [String]?
    /// More than one option may be chosen.
    package var multiple: Bool
    /// The fields of the form by name: `{"value", "description", "schema"}`, or a bare value.
    package var params: JSONObject
    /// Who may answer; empty: everybody.
    package var assignedUsers: [HITLUser]
    package var createdAt: Timestamp
    package var response: HITLResponse?

    package init(
        tryID: UUID7, task: TaskInstanceKey, options: [String], subject: String, body: String? = nil,
        defaults: [String]? = nil, multiple: Bool = false, params: JSONObject = [:], assignedUsers: [HITLUser] = [],
        createdAt: Timestamp
    ) {
        self.tryID = tryID
        self.task = task
        self.options = options
        self.subject = subject
        self.body = body
        self.defaults = defaults
        self.multiple = multiple
        self.params = params
        self.assignedUsers = assignedUsers
        self.createdAt = createdAt
    }

    /// The answer that counts when the time is over; `nil` where the task fails then.
    package func defaultResponse(at instant: Timestamp) -> HITLResponse? {
        guard let defaults else { return nil }
        let input = JSONObject(params.map { ($0.key, $0.value["value"] ?? $0.value) })
        return HITLResponse(chosenOptions: defaults, paramsInput: input, respondedBy: nil, respondedAt: instant)
    }
}

/// A person as Airflow names one.
package struct HITLUser: Sendable, Hashable {
    package var id: String
    package var name: String

    package init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}

/// An answer.
package struct HITLResponse: Sendable, Hashable {
    package var chosenOptions: [String]
    package var paramsInput: JSONObject
    /// `nil`: nobody answered in time, and the defaults count.
    package var respondedBy: HITLUser?
    package var respondedAt: Timestamp

    package init(
        chosenOptions: [String], paramsInput: JSONObject = [:], respondedBy: HITLUser?, respondedAt: Timestamp
    ) {
        self.chosenOptions = chosenOptions
        self.paramsInput = paramsInput
        self.respondedBy = respondedBy
        self.respondedAt = respondedAt
    }

    /// The event with which `HITLOperator.execute_complete` is called.
    /// Source: Airflow 3.3 `models/hitl.py` (`as_resume_event_payload`).
    package var event: JSONValue {
        [
            "chosen_options": .array(chosenOptions.map(JSONValue.string)), "params_input": .object(paramsInput),
            "responded_at": SerdeTime.encoded(respondedAt), "responded_by_user": respondedBy?.json ?? .null,
            "timedout": .bool(respondedBy == nil),
        ]
    }
}

extension HITLUser {
    package var json: JSONValue { ["id": .string(id), "name": .string(name)] }

    package init?(_ json: JSONValue) {
        guard let id = json["id"]?.stringValue else { return nil }
        self.init(id: id, name: json["name"]?.stringValue ?? id)
    }
}
