/// What the runs of one DAG share.
struct DAGActivity {
    /// Its runs in the machine.
    var runs: [RunExecution] = []
    /// Runs that failed in a row, the latest last.
    var consecutiveFailures: Int
    /// Some version of the DAG that a run is on has `max_active_tis_per_dag`: it counts the instances of all runs, also of those
    /// on versions without.
    var limitsTasks = false
    /// Active instances by task id, where ``limitsTasks``.
    var activeTasks: [String: Int] = [:]
    /// Stands in the list of DAGs whose queued runs are looked at.
    var isWoken = false
}
