extension StoreTaskService {
    package func askPerson(_ detail: HITLDetail) async throws { try await store.saveHITLDetail(detail) }

    package func hitlDetail(tryID: UUID7) async throws -> HITLDetail? { try await store.hitlDetail(tryID: tryID) }

    /// Source: Airflow 3.3 `execution_api/routes/hitl.py` (`update_hitl_detail`).
    package func respond(_ response: HITLResponse, tryID: UUID7) async throws -> HITLDetail {
        guard let detail = try await store.hitlDetail(tryID: tryID) else {
            throw TaskServiceError(
                .notFound, reason: "not_found",
                "HITLDetail not found. This happens most likely due to clearing task instance before receiving response.")
        }
        guard try await store.respond(response, tryID: tryID) else { throw HITLDetail.alreadyAnswered(detail.task) }
        var answered = detail
        answered.response = response
        return answered
    }
}
