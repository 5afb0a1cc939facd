/// Checks one run with its tries against what must hold in every committed state of the store, whatever runs beside.
package struct RunAudit {
    private let run: DAGRun
    private let tasks: [TaskInstance]
    private(set) var findings: [AuditFinding] = []

    /// What is wrong with the run and its live tries.
    package static func findings(_ run: DAGRun, _ tasks: [TaskInstance]) -> [AuditFinding] {
        var audit = RunAudit(run: run, tasks: tasks)
        audit.checkRun()
        for task in tasks { audit.check(task) }
        return audit.findings
    }

    private init(run: DAGRun, tasks: [TaskInstance]) {
        self.run = run
        self.tasks = tasks
    }

    private mutating func report(_ rule: String, _ row: String, _ text: String) {
        findings.append(AuditFinding(rule, row, text))
    }

    private mutating func checkRun() {
        let name = "dag_run \(run.key)"
        if run.state == .running, run.startDate == nil { report("running_without_start", name, "is running and has no start_date") }
        if let start = run.startDate, let end = run.endDate, end < start {
            report("end_before_start", name, "ended \(end), before it started \(start)")
        }
        if run.state == .running, !tasks.isEmpty, tasks.allSatisfy(\.isFinished) {
            report("run_does_not_end", name, "is running though all of its tasks have ended; restart the scheduler")
        }
        if run.dagVersionID == nil, run.state == .running {
            report("run_without_version", name, "is pinned to no version of its DAG")
        }
    }

    private mutating func check(_ task: TaskInstance) {
        let name = "task_instance \(task.key) (\(task.id))"
        if run.state.isFinished, !task.isFinished {
            report(
                "task_of_finished_run", name,
                "is \(task.state?.rawValue ?? "not looked at") though its run is \(run.state.rawValue)")
        }
        if task.isFinished != (task.endDate != nil) {
            report("end_date", name, "is \(task.state?.rawValue ?? "none") and its end_date is \(task.endDate.map { "\($0)" } ?? "not set")")
        }
        if let start = task.startDate, let end = task.endDate, end < start {
            report("end_before_start", name, "ended \(end), before it started \(start)")
        }
        checkState(task, name)
    }

    private mutating func checkState(_ task: TaskInstance, _ name: String) {
        switch task.state {
        case .queued, .running, .restarting:
            if task.launchNumber < 1 { report("launch_number", name, "is \(task.state?.rawValue ?? "") and was never launched") }
        case .deferred:
            if task.triggerClass == nil { report("deferred_without_trigger", name, "is deferred and waits for no trigger") }
        case .upForRetry, .upForReschedule:
            if task.nextLookAt == nil { report("no_next_look", name, "waits for a time that is not set") }
        default: break
        }
    }
}
