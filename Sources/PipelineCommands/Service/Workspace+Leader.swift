import PipelineCore

extension Workspace {
    /// The scheduler that works on this store now; `nil`: none does.
    func leader() async throws -> SchedulerLease? {
        guard let lease = try await store.lease(at: SystemWallClock().now()), lease.age < Leadership.lasting else {
            return nil
        }
        return lease
    }

    /// How long a scheduler may take to carry out a request.
    private static let requestLimit = Duration.seconds(10)

    /// Asks the scheduler, and waits until it has done what was asked.
    /// - Throws: ``CommandFailure`` when it takes too long; the request stays.
    func ask(_ request: SchedulerRequest) async throws {
        let number = try await store.addRequest(request, at: SystemWallClock().now())
        Nudge.send(configuration)
        let (clock, start) = (ContinuousClock(), ContinuousClock.now)
        while try await store.requests(after: number - 1).contains(where: { $0.number == number }) {
            guard clock.now - start < Self.requestLimit else {
                throw CommandFailure(
                    "the scheduler has not carried the request out within \(Self.requestLimit); it stays (number \(number))")
            }
            try await clock.sleep(for: .milliseconds(20))
        }
    }
}
