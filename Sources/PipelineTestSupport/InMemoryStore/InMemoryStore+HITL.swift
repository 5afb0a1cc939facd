package import PipelineCore

extension InMemoryStore {
    package func saveHITLDetail(_ detail: HITLDetail) async throws { try withCore { try $0.saveHITLDetail(detail) } }
    package func hitlDetail(tryID: UUID7) async throws -> HITLDetail? { withCore { $0.hitlDetails[tryID] } }
    package func hitlDetails(_ filter: HITLFilter) async throws -> [HITLDetail] {
        withCore { $0.hitlDetails(filter) }
    }
    package func respond(_ response: HITLResponse, tryID: UUID7) async throws -> Bool {
        withCore { $0.respond(response, tryID: tryID) }
    }
}

extension InMemoryStoreCore {
    mutating func saveHITLDetail(_ detail: HITLDetail) throws(StoreError) {
        guard runs[detail.task.run] != nil else { throw Self.missing(detail.task.run) }
        hitlDetails[detail.tryID] = detail
    }

    func hitlDetails(_ filter: HITLFilter) -> [HITLDetail] {
        hitlDetails.values.filter { detail in
            (filter.dagID.map { $0 == detail.task.run.dagID } ?? true)
                && (filter.runID.map { $0 == detail.task.run.runID } ?? true)
                && (filter.taskID.map { $0 == detail.task.taskID } ?? true)
                && (filter.tryIDs.isEmpty || filter.tryIDs.contains(detail.tryID))
                && (filter.isAnswered.map { $0 == (detail.response != nil) } ?? true)
        }.sorted { ($0.createdAt, $0.tryID) < ($1.createdAt, $1.tryID) }
    }

    mutating func respond(_ response: HITLResponse, tryID: UUID7) -> Bool {
        guard let detail = hitlDetails[tryID], detail.response == nil else { return false }
        hitlDetails[tryID]?.response = response
        return true
    }
}
