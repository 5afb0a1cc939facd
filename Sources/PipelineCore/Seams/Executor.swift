/// Runs launches. An executor never decides a task's state: it reports to its ``ExecutorReports``.
///
/// Contract: a launch is reported as started at most once and as ended exactly once, unless the process of
/// `pipeline` itself ends. `launch` with an id that is already known does nothing. Reports may come in any order
/// relative to other launches, late or twice; the state machine tells old from new by ``LaunchID``.
package protocol Executor: Sendable {
    /// Starts a launch; a start that fails is reported as ``SchedulerEvent/launchFailed(_:reason:)``.
    func launch(_ launch: TaskLaunch) async
    /// Ends the whole process tree of a launch: TERM, then KILL after the grace time. Unknown ids are ignored.
    func terminate(_ id: LaunchID, reason: TerminationReason) async
    /// After a restart: looks for what runs of launches that the store shows as queued or running, ends leftovers of
    /// those that can no longer report, and reports each as lost or goes on with it.
    func settle(_ launches: [TaskLaunch]) async
    /// Waits for nothing: ends all launches and returns when none is left.
    func shutdown() async
}

/// Where executors and the task service tell what happened.
package protocol SchedulerInbox: Sendable {
    /// Queues an event; never blocks, keeps the order of one caller's events.
    func post(_ event: SchedulerEvent)
}
