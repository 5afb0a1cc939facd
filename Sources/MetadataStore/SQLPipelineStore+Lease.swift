package import PipelineCore

extension SQLPipelineStore {
    package func claimLease(holder: String, lasting: Duration, at instant: Timestamp) async throws -> Int64? {
        let values: [SQLValue] = [.text(holder), .timestamp(instant), .int(Int(lasting.microseconds))]
        // Asked twice, the second time would find the first one's lease.
        return try await epoch("ClaimLease", values, isRepeatable: false)
    }

    package func renewLease(epoch: Int64, at instant: Timestamp) async throws -> Bool {
        try await self.epoch("RenewLease", [.int(Int(epoch)), .timestamp(instant)], isRepeatable: true) != nil
    }

    package func releaseLease(epoch: Int64) async throws {
        _ = try await self.epoch("ReleaseLease", [.int(Int(epoch))], isRepeatable: true)
    }

    package func lease(at instant: Timestamp) async throws -> SchedulerLease? {
        try await rows("SelectLease", [.timestamp(instant)], table: "scheduler_lease", keyLength: 0) {
            let (epoch, holder, taken) = (try $0.int(), try $0.text(), try $0.optionalTimestamp())
            return SchedulerLease(
                holder: holder, epoch: Int64(epoch), takenAt: taken, age: .microseconds(max(0, try $0.int())))
        }.first
    }

    /// What a change of the lease answers: its epoch, or nothing where it did not hold.
    private func epoch(_ statement: String, _ values: [SQLValue], isRepeatable: Bool) async throws -> Int64? {
        try await requireSchema()
        let result = try await database.write([operation(statement, values)], isRepeatable: isRepeatable)
        guard case .int(let epoch)? = result[0].rows.first?.first else { return nil }
        return Int64(epoch)
    }
}
