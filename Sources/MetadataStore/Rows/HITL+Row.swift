import PipelineCore

extension HITLDetail {
    /// `ti_id` as text, then the order of the statement `HITLColumns`.
    var row: [SQLValue] {
        [.text(tryID.description)] + task.row + [
            .json(Self.list(options)), .text(subject), .text(body), .json(defaults.map(Self.list)), .bool(multiple),
            .json(.object(params)), .json(.array(assignedUsers.map(\.json))), .timestamp(createdAt),
        ]
    }

    /// `ti_id`, `HITLColumns`, `HITLResponseColumns`.
    init(_ row: inout RowReader) throws {
        guard let tryID = UUID7(try row.text()) else { throw row.failure("is no UUID") }
        let (task, options, subject) = (try TaskInstanceKey(&row), try row.texts(), try row.text())
        let (body, defaults, multiple) = (try row.optionalText(), try row.optionalTexts(), try row.bool())
        let params = try row.object()
        guard let users = try row.json().arrayValue else { throw row.failure("is not a JSON array") }
        self.init(
            tryID: tryID, task: task, options: options, subject: subject, body: body, defaults: defaults,
            multiple: multiple, params: params, assignedUsers: users.compactMap { HITLUser($0) },
            createdAt: try row.timestamp())
        response = try HITLResponse(&row)
    }

    fileprivate static func list(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
}

extension HITLResponse {
    /// In the order of the statement `HITLResponseColumns`.
    var row: [SQLValue] {
        [
            .timestamp(respondedAt), .json(respondedBy?.json), .json(HITLDetail.list(chosenOptions)),
            .json(.object(paramsInput)),
        ]
    }

    /// `nil` where there is no answer.
    fileprivate init?(_ row: inout RowReader) throws {
        let (instant, user, options) = (try row.optionalTimestamp(), try row.optionalJSON(), try row.optionalTexts())
        let input = try row.optionalJSON()
        guard let instant, let options else { return nil }
        self.init(
            chosenOptions: options, paramsInput: input?.objectValue ?? [:], respondedBy: user.flatMap { HITLUser($0) },
            respondedAt: instant)
    }
}

extension RowReader {
    fileprivate mutating func optionalTexts() throws -> [String]? {
        guard let value = try optionalJSON() else { return nil }
        guard let elements = value.arrayValue else { throw failure("is not a JSON array") }
        return elements.compactMap(\.stringValue)
    }

    fileprivate mutating func texts() throws -> [String] { try optionalTexts() ?? [] }
}
