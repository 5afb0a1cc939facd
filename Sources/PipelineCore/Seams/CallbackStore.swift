/// What is yet to run after changes of state, and the deadlines of runs. Both are written by commits alone
/// (``StoreChange``).
package protocol CallbackStore: Sendable {
    /// What has not run yet, in the order in which it came.
    func callbacks() async throws -> [CallbackRequest]
    /// Deadlines by time; `run`: of this run only; `isMissed`: only those that are missed, or only those that are not.
    func deadlines(run: RunKey?, isMissed: Bool?) async throws -> [Deadline]
}
