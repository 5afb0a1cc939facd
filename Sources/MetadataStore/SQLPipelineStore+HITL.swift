package import PipelineCore

extension SQLPipelineStore {
    package func saveHITLDetail(_ detail: HITLDetail) async throws { try await write("SaveHITLDetail", detail.row) }

    package func hitlDetail(tryID: UUID7) async throws -> HITLDetail? {
        var filter = HITLFilter()
        filter.tryIDs = [tryID]
        return try await hitlDetails(filter).first
    }

    package func hitlDetails(_ filter: HITLFilter) async throws -> [HITLDetail] {
        let conditions = [
            Condition("hitl.dagID", filter.dagID), Condition("hitl.runID", filter.runID),
            Condition("hitl.taskID", filter.taskID), Condition("hitl.tryIDs", filter.tryIDs.map(\.description)),
            filter.isAnswered.map { Condition(name: "hitl.isAnswered", values: [.bool($0)]) },
        ].compactMap(\.self)
        return try await rows(
            database.library.compose("SelectHITLDetails", conditions.map(\.name)), conditions.flatMap(\.values),
            table: "hitl_detail", keyLength: 1) { try HITLDetail(&$0) }
    }

    package func respond(_ response: HITLResponse, tryID: UUID7) async throws -> Bool {
        // Asked twice, the second time would find the first one's answer.
        try await write("RespondHITL", [.text(tryID.description)] + response.row, isRepeatable: false) > 0
    }
}
