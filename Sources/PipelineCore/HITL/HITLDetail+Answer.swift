extension HITLDetail {
    /// The answer of a person, held against the question.
    /// Source: Airflow 3.3 `core_api/routes/public/hitl.py` (`update_hitl_detail`), and what `HITLOperator` checks later.
    /// - Throws: ``TaskServiceError`` `invalid_options`, `invalid_params`, `not_a_respondent`, `already_answered`.
    package func checked(_ answer: HITLResponse) throws(TaskServiceError) -> HITLResponse {
        if response != nil { throw Self.alreadyAnswered(task) }
        try checkRespondent(answer.respondedBy)
        try checkOptions(answer.chosenOptions)
        var answer = answer
        answer.paramsInput = try HITLForm(params).values(answer.paramsInput)
        return answer
    }

    package static func alreadyAnswered(_ task: TaskInstanceKey) -> TaskServiceError {
        TaskServiceError(.conflict, reason: "already_answered", "\(task) has been answered already")
    }

    private func checkRespondent(_ user: HITLUser?) throws(TaskServiceError) {
        guard !assignedUsers.isEmpty, let user, !assignedUsers.contains(where: { $0.id == user.id }) else { return }
        let allowed = assignedUsers.map(\.id).joined(separator: ", ")
        throw TaskServiceError(
            .invalid, reason: "not_a_respondent",
            "user '\(user.id)' is not a respondent for \(task); it is put to \(allowed)")
    }

    private func checkOptions(_ chosen: [String]) throws(TaskServiceError) {
        let allowed = options.map { "'\($0)'" }.joined(separator: ", ")
        guard !chosen.isEmpty else { throw invalidOptions("no option chosen; choose from \(allowed)") }
        if let unknown = chosen.first(where: { !options.contains($0) }) {
            throw invalidOptions("'\(unknown)' is no option; choose from \(allowed)")
        }
        guard multiple || chosen.count == 1 else { throw invalidOptions("only one option may be chosen") }
    }

    private func invalidOptions(_ text: String) -> TaskServiceError {
        TaskServiceError(.invalid, reason: "invalid_options", text)
    }
}
