package import PipelineCore

/// Drives a ``SchedulerStateMachine`` as a service with perfect executors and a perfect store would, and keeps what it
/// would have stored.
package final class MachineScript {
    package var machine: SchedulerStateMachine
    package var now = Timestamp(microseconds: 1_767_225_600_000_000)
    /// The live rows, as the store would have them.
    package private(set) var rows: [TaskInstanceKey: TaskInstance] = [:]
    package private(set) var runs: [RunKey: DAGRun] = [:]
    package private(set) var archive: [TaskInstance] = []
    package private(set) var otherChanges: [StoreChange] = []
    /// Launches that have been asked for and not been ended by the script, in order.
    package private(set) var launches: [TaskLaunch] = []
    package private(set) var terminations: [(id: LaunchID, reason: TerminationReason)] = []
    package private(set) var ended: [DAGRun] = []

    package init(
        limits: SchedulerLimits = SchedulerLimits(), pools: [Pool] = [Pool(name: Pool.defaultName, slots: 128)],
        notifications: [NotificationRule] = []
    ) {
        machine = SchedulerStateMachine(limits: limits, pools: pools, seed: 1, notifications: notifications)
    }

    /// A run with the ordinary dates, queued.
    package func newRun(_ dag: DAG, _ runID: String = "r1", logicalDate: Timestamp? = nil) -> RunSnapshot {
        var run = DAGRun(key: RunKey(dagID: dag.id, runID: runID), type: .manual, runAfter: now, triggeredBy: .cli)
        run.logicalDate = logicalDate ?? now
        return RunSnapshot(run: run, dag: dag)
    }

    @discardableResult
    package func send(_ event: SchedulerEvent) -> [SchedulerAction] {
        let actions = machine.handle(event, now: now)
        for action in actions { record(action) }
        return actions
    }

    private func record(_ action: SchedulerAction) {
        switch action {
        case .store(.saveRun(let run)): runs[run.key] = run
        case .store(.saveTask(let task)):
            for (key, row) in rows where row.id == task.id { rows[key] = nil }
            rows[task.key] = task
        case .store(.archiveTask(let task)):
            archive.append(task)
            rows[task.key] = nil
        case .store(let change): otherChanges.append(change)
        case .launch(let launch): launches.append(launch)
        case .terminate(let id, let reason): terminations.append((id, reason))
        case .runEnded(let run): ended.append(run)
        }
    }

    /// The launch of an instance that is waiting to be ended.
    package func launch(_ taskID: String, _ mapIndex: Int = -1, run: String = "r1") -> TaskLaunch? {
        launches.last { $0.task.id == taskID && $0.instance.mapIndex == mapIndex && $0.run.key.runID == run }
    }

    package func start(_ taskID: String, _ mapIndex: Int = -1, run: String = "r1") {
        guard let launch = launch(taskID, mapIndex, run: run) else { return }
        let process = StartedProcess(hostname: "h", unixname: "u", pid: 7, pidStartTime: 70, at: now)
        send(.taskStarted(launch.id, process))
    }

    /// Starts a launched instance if it has not been, and ends it.
    @discardableResult
    package func end(
        _ taskID: String, _ mapIndex: Int = -1, _ outcome: TaskOutcome = .success(), run: String = "r1"
    ) -> Bool {
        guard let launch = launch(taskID, mapIndex, run: run) else { return false }
        start(taskID, mapIndex, run: run)
        launches.removeAll { $0.id == launch.id }
        send(.taskEnded(launch.id, outcome))
        return true
    }

    /// Takes a launch out of the script's hands without a word to the machine.
    package func forgetLaunch(_ id: LaunchID) { launches.removeAll { $0.id == id } }

    /// Ends everything that is launched with success until nothing is.
    package func succeedAll() {
        while let launch = launches.first {
            end(launch.task.id, launch.instance.mapIndex, run: launch.run.key.runID)
        }
    }

    package func pass(_ duration: Duration) {
        now = now + duration
        send(.timeReached)
    }

    package func key(_ taskID: String, _ mapIndex: Int = -1, dag: String = "dag", run: String = "r1") -> TaskInstanceKey {
        TaskInstanceKey(run: RunKey(dagID: dag, runID: run), taskID: taskID, mapIndex: mapIndex)
    }

    package func row(_ taskID: String, _ mapIndex: Int = -1, dag: String = "dag", run: String = "r1") -> TaskInstance? {
        rows[key(taskID, mapIndex, dag: dag, run: run)]
    }

    package func state(_ taskID: String, _ mapIndex: Int = -1, run: String = "r1") -> TaskState? {
        row(taskID, mapIndex, run: run)?.state
    }

    /// States by task, for instances without map index.
    package func states(run: String = "r1") -> [String: TaskState?] {
        var result: [String: TaskState?] = [:]
        for row in rows.values where row.mapIndex < 0 && row.key.run.runID == run {
            result[row.taskID] = .some(row.state)
        }
        return result
    }

    /// States of a mapped task by map index.
    package func mappedStates(_ taskID: String, run: String = "r1") -> [TaskState?] {
        rows.values.filter { $0.taskID == taskID && $0.mapIndex >= 0 && $0.key.run.runID == run }
            .sorted { $0.mapIndex < $1.mapIndex }.map(\.state)
    }

    package func run(_ runID: String = "r1", dag: String = "dag") -> DAGRun? { runs[RunKey(dagID: dag, runID: runID)] }

    /// The run as the store has it, for a new machine.
    package func snapshot(_ dag: DAG, run runID: String = "r1") -> RunSnapshot? {
        guard let run = run(runID, dag: dag.id) else { return nil }
        var snapshot = RunSnapshot(run: run, dag: dag)
        snapshot.taskInstances = rows.values.filter { $0.key.run == run.key }.sorted { $0.key < $1.key }
        return snapshot
    }
}
