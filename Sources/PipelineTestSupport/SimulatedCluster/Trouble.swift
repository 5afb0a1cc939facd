/// What may happen to a ``SimulatedCluster``, beside what has to.
package enum Trouble: String, Sendable, CaseIterable {
    /// `kill -9` of a scheduler; its host starts another one some time later.
    case crash
    /// A scheduler stands still for longer than its lease, and goes on with what it believed (SIGSTOP).
    case freeze
    /// A scheduler does not reach the store.
    case storeCut = "store_cut"
    /// A scheduler does not reach the cluster in which pods run.
    case podsCut = "pods_cut"
    /// A commit fails, before or after it has happened.
    case storeFault = "store_fault"
    /// The clock on the wall of a scheduler's machine is set, by up to a day.
    case wallStep = "wall_step"
    /// The clock of the database is set.
    case databaseStep = "database_step"
    /// The node of a pod, or the memory of a process, is gone.
    case loss
    /// Reports and words of triggers come twice, late, or in another order.
    case repeats
    /// People clear tasks, set states, cancel runs.
    case people
    /// People pause DAGs and go on with them.
    case pauses
    /// People start runs.
    case runs
    /// People change pools.
    case pools
    /// Events of assets from outside.
    case events
    /// A new version of a DAG is pushed.
    case push
}
