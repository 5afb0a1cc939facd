/// Sees what a scheduler has committed: a progress display, a metrics collector. Called in the scheduler's turn, after
/// the commit; must not block.
package protocol SchedulerObserver: Sendable {
    func committed(_ changes: [StoreChange], at instant: Timestamp)
}
