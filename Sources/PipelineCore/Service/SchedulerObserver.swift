/// Sees what a scheduler does: a progress display, a metrics collector. Called in the scheduler's turn; must not block.
package protocol SchedulerObserver: Sendable {
    /// These changes were committed.
    func committed(_ changes: [StoreChange], at instant: Timestamp)
    /// These instances came from the store with a run that had begun before: as they are after the turn that took it in.
    func loaded(_ instances: [TaskInstance])
    /// The run that is waited for stands still: none of its tasks has a process, and these cannot start. Said again at
    /// each turn.
    func stoodStill(_ waits: [TaskWait], at instant: Timestamp)
}

extension SchedulerObserver {
    package func loaded(_ instances: [TaskInstance]) {}
    package func stoodStill(_ waits: [TaskWait], at instant: Timestamp) {}
}
