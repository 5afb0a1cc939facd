/// A run with all that the state machine needs to go on with it.
package struct RunSnapshot: Sendable {
    package var run: DAGRun
    package var dag: DAG
    /// Empty for a new run: the machine creates them.
    package var taskInstances: [TaskInstance] = []
    /// XComs that decide expansions and skips, as they were announced by ``SchedulerEvent/xcomPushed(_:_:)``.
    package var xcoms: [(task: TaskInstanceKey, notice: XComNotice)] = []
    /// The tasks of the run before this one (by logical date), for `depends_on_past` and `wait_for_downstream`;
    /// `nil` when there is none or no task asks. Only used while that run is not itself in the machine.
    package var previousRun: PreviousRun?
    /// The number of failed runs directly before this one, for `max_consecutive_failed_dag_runs`.
    package var consecutiveFailures = 0
    /// Deadlines of a new run, or of one that a process takes over which does not know all of them.
    package var deadlines: [Deadline] = []

    package struct PreviousRun: Sendable, Hashable {
        package var key: RunKey
        /// Tells whether a run in the machine lies between; `nil` where it is not known.
        package var logicalDate: Timestamp?
        /// States of all instances of a task.
        package var states: [String: [TaskState?]]

        package init(key: RunKey, logicalDate: Timestamp? = nil, states: [String: [TaskState?]]) {
            self.key = key
            self.logicalDate = logicalDate
            self.states = states
        }
    }

    package init(run: DAGRun, dag: DAG) {
        self.run = run
        self.dag = dag
    }
}
