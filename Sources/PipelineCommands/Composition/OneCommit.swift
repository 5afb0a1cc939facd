import PipelineCore

extension RunStore where Self: StoreMaintenance {
    /// Times that a scheduler may take over between the question for the epoch and the commit.
    private static var takeovers: Int { 5 }

    /// One commit of a command, under whatever epoch there is: a command leads nothing, so a scheduler that takes over just
    /// then is no reason to fail.
    func commitOnce(_ changes: [StoreChange]) async throws {
        for _ in 1..<Self.takeovers {
            do {
                return try await commit(changes, epoch: try await currentEpoch())
            } catch let error as StoreError where error.code == .staleEpoch {
                continue
            }
        }
        try await commit(changes, epoch: try await currentEpoch())
    }
}
