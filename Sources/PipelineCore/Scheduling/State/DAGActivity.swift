/// What the runs of one DAG share.
struct DAGActivity {
    /// Its runs in the machine.
    var runs: [RunExecution] = []
    /// Runs that failed in a row, the latest last.
    var consecutiveFailures: Int
    /// Active instances of tasks that have `max_active_tis_per_dag`, by task id.
    var activeTasks: [String: Int] = [:]
    /// Stands in the list of DAGs whose queued runs are looked at.
    var isWoken = false
}
