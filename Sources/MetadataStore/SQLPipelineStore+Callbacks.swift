package import PipelineCore

extension SQLPipelineStore {
    package func callbacks() async throws -> [CallbackRequest] {
        try await rows("SelectCallbacks", [], table: "callback", keyLength: 1) { try CallbackRequest(&$0) }
    }

    package func deadlines(run: RunKey?, isMissed: Bool?) async throws -> [Deadline] {
        let conditions = [
            run.map { Condition(name: "deadlines.run", values: [.text($0.dagID), .text($0.runID)]) },
            isMissed.map { Condition(name: "deadlines.missed", values: [.bool($0)]) },
        ].compactMap(\.self)
        return try await rows(
            database.library.compose("SelectDeadlines", conditions.map(\.name)), conditions.flatMap(\.values),
            table: "deadline", keyLength: 1) { try Deadline(&$0) }
    }
}
