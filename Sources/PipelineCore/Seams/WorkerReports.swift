/// What workers say of their launches: the seam between the server of the Task Execution API, which takes reports, and
/// whoever follows their pods. A pod's exit code says nothing of its task (Airflow's worker ends with 0 after a failure,
/// too); only a report does.
///
/// A server answers a report once ``take(_:of:)`` has returned, never before: what a worker was told is safe, must be.
package protocol WorkerReports: Sendable {
    /// From now on reports about the launch are taken.
    /// - Parameter changed: called after each of them, on any thread.
    func open(_ id: LaunchID, changed: @escaping @Sendable () -> Void)
    /// What was said until now.
    func report(of id: LaunchID) async -> WorkerReport
    /// Another worker of the same launch is wanted: what the one before has said is forgotten.
    /// - Returns: `false` where that one has said how the launch ended, which stands; nobody else is wanted then.
    func restart(_ id: LaunchID) async -> Bool
    /// The launch is over: whatever comes is refused.
    func close(_ id: LaunchID)
    /// - Throws: ``TaskServiceError`` `gone` for a launch that is not open, `conflict` for what contradicts earlier reports.
    func take(_ notice: WorkerNotice, of id: LaunchID) async throws(TaskServiceError)
}

/// One thing that a worker says.
package enum WorkerNotice: Sendable, Hashable {
    /// Its task begins (`PATCH /task-instances/{id}/run`).
    case running(StartedProcess)
    /// It has stored an XCom under this key.
    case pushed(key: String)
    /// How the launch ended: in a state, deferred, to be looked at again, or to be tried again.
    case ended(TaskOutcome)
}

/// Everything that the worker of one launch has said.
package struct WorkerReport: Sendable, Hashable {
    package private(set) var process: StartedProcess?
    package private(set) var xcomKeys: Set<String> = []
    package private(set) var outcome: TaskOutcome?

    package init() {}

    /// As Airflow's server takes reports: the same said again is no contradiction, since an answer may have been lost.
    /// Source: Airflow 3.3 `api_fastapi/execution_api/routes/task_instances.py` (`ti_run`, `ti_update_state`).
    /// - Throws: ``TaskServiceError`` `conflict`
    package mutating func add(_ notice: WorkerNotice) throws(TaskServiceError) {
        switch notice {
        case .running(let process):
            guard outcome == nil, self.process.map({ $0.isSame(as: process) }) ?? true else {
                throw Self.conflict("the task runs already, or has run")
            }
            self.process = self.process ?? process
        case .pushed(let key):
            guard process != nil, outcome == nil else { throw Self.conflict("the task does not run") }
            xcomKeys.insert(key)
        case .ended(let outcome):
            guard process != nil, self.outcome == nil || self.outcome == outcome else {
                throw Self.conflict("the task does not run")
            }
            self.outcome = outcome
        }
    }

    private static func conflict(_ text: String) -> TaskServiceError {
        TaskServiceError(.conflict, reason: "invalid_state", text)
    }
}

extension StartedProcess {
    /// Whether both are one process, whenever it was said.
    fileprivate func isSame(as other: StartedProcess) -> Bool {
        hostname == other.hostname && unixname == other.unixname && pid == other.pid
    }
}
