/// Who may schedule: one lease with a fencing epoch (architecture decision D7, decision 0009).
package protocol LeaseStore: Sendable {
    /// Raises the epoch and becomes the writer, unless another one's lease is in force; then `nil`.
    /// - Parameters:
    ///   - holder: who asks, for people and for ``lease(at:)``.
    ///   - lasting: how long a lease that was not renewed stays in force; zero takes it whoever has it.
    ///   - instant: now. PostgreSQL goes by its own clock, which all schedulers share.
    func claimLease(holder: String, lasting: Duration, at instant: Timestamp) async throws -> Int64?
    /// Keeps the lease in force; `false`: another one has taken it.
    func renewLease(epoch: Int64, at instant: Timestamp) async throws -> Bool
    /// Lets the next one take over at once. Does nothing to a lease that another one has taken.
    func releaseLease(epoch: Int64) async throws
    /// The lease as it is; `nil` where nobody holds it.
    func lease(at instant: Timestamp) async throws -> SchedulerLease?
}

/// The lease of a scheduler that leads, or led and did not say that it stopped.
package struct SchedulerLease: Sendable, Hashable {
    package var holder: String
    package var epoch: Int64
    package var takenAt: Timestamp?
    /// Since it was renewed last.
    package var age: Duration

    package init(holder: String, epoch: Int64, takenAt: Timestamp?, age: Duration) {
        self.holder = holder
        self.epoch = epoch
        self.takenAt = takenAt
        self.age = age
    }
}
