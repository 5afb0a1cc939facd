package import PipelineCore

extension SQLPipelineStore {
    package func addRequest(_ request: SchedulerRequest, at instant: Timestamp) async throws -> Int {
        try await requireSchema()
        let values: [SQLValue] = [.json(request.json), .timestamp(instant)]
        // Asked twice it would be two requests.
        let result = try await database.write([operation("AddRequest", values)], isRepeatable: false)
        guard case .int(let number)? = result[0].rows.first?.first else {
            throw StoreError(.corrupt, "scheduler_request gave no number", location: location)
        }
        return Int(number)
    }

    package func requests(after number: Int) async throws -> [StoredRequest] {
        try await rows("SelectRequests", [.int(number)], table: "scheduler_request", keyLength: 1) {
            StoredRequest(number: try $0.int(), request: SchedulerRequest(json: try $0.json()))
        }
    }
}
