extension SchedulerStateMachine {
    /// Finds, for each run of a DAG whose tasks look at the run before, which run that is now.
    /// Source: Airflow 3.3 `models/dagrun.py` (`get_previous_dagrun`, `get_previous_scheduled_dagrun`).
    mutating func resolvePreviousRuns(_ dagID: String) {
        guard let all = dags[dagID]?.runs, all.contains(where: \.plan.usesPast) else { return }
        for run in all where run.plan.usesPast {
            let before = run.livePrevious
            run.livePrevious = previous(of: run, among: all)
            run.livePrevious?.isPrevious = true
            if before !== run.livePrevious { wakePast(run) }
        }
    }

    private func previous(of run: RunExecution, among all: [RunExecution]) -> RunExecution? {
        guard let date = run.run.logicalDate else { return nil }
        let isCatchup = run.plan.dag.header.catchup
        let candidates = all.filter { other in
            other !== run && other.run.logicalDate.map { $0 < date } ?? false && !(isCatchup && other.run.type == .manual)
        }
        let latest = candidates.max { ($0.admissionDate, $0.run.key) < ($1.admissionDate, $1.run.key) }
        guard let latest, let known = run.previous, known.key != latest.run.key, let knownDate = known.logicalDate
        else { return latest }
        return knownDate > latest.admissionDate ? nil : latest
    }

    /// A run leaves the machine: those that look at it keep the states it ended with.
    mutating func handDown(_ run: RunExecution) {
        guard let all = dags[run.run.key.dagID]?.runs else { return }
        for next in all where next.livePrevious === run {
            next.livePrevious = nil
            next.previous = run.asPrevious
        }
        resolvePreviousRuns(run.run.key.dagID)
    }

    /// An instance of a task changed: the same task of the next run, and those upstream of it that wait for it there.
    mutating func wakeNextRuns(_ run: RunExecution, _ position: Int) {
        for next in dags[run.run.key.dagID]?.runs ?? [] where next.livePrevious === run {
            let taskID = run.plan.dag.tasks[position].id
            guard let own = next.plan.dag.position(of: taskID) else { continue }
            wake(next, own)
            for upstream in next.plan.tasks[own].upstream { wake(next, Int(upstream)) }
            touch(next)
        }
    }

    private mutating func wakePast(_ run: RunExecution) {
        for position in run.slots.indices where run.plan.dag.tasks[position].looksAtPast { wake(run, position) }
    }

    func previousRunCheck(_ ref: InstanceRef) -> PreviousRunCheck {
        let run = ref.run
        let depends = run.plan.dag.tasks[ref.position].looksAtPast
        let none = PreviousRunCheck.Past(total: 0, unsuccessful: 0)
        guard depends, run.run.logicalDate != nil, let key = run.previousKey, !wasInactive(run, ref.position) else {
            return PreviousRunCheck(
                dependsOnPast: depends, ignoresFirst: true, previousRun: nil, own: none, unsuccessfulDownstream: 0)
        }
        let task = run.definition(ref.position)
        let downstream = task.waitForDownstream ? task.downstream.map { run.past($0).unsuccessful }.reduce(0, +) : 0
        return PreviousRunCheck(
            dependsOnPast: true, ignoresFirst: task.ignoreFirstDependsOnPast, previousRun: key, own: run.past(task.id),
            unsuccessfulDownstream: downstream)
    }

    private func wasInactive(_ run: RunExecution, _ position: Int) -> Bool {
        guard run.plan.dag.header.catchup, let start = run.plan.dag.tasks[position].startDate else { return false }
        let date = run.livePrevious?.run.logicalDate ?? run.previous?.logicalDate
        return date.map { $0 < start } ?? false
    }
}

extension TaskDefinition {
    /// `wait_for_downstream` implies `depends_on_past`.
    var looksAtPast: Bool { self.dependsOnPast || self.waitForDownstream }
}

extension RunExecution {
    var previousKey: RunKey? { livePrevious?.run.key ?? previous?.key }

    /// The instances of a task in the run before.
    func past(_ taskID: String) -> PreviousRunCheck.Past {
        if let livePrevious {
            guard let position = livePrevious.plan.dag.position(of: taskID) else { return .init(total: 0, unsuccessful: 0) }
            let own = livePrevious.slots[position].own
            return .init(total: Int(own.total), unsuccessful: Int(own.total - own.success - own.skipped))
        }
        let states = previous?.states[taskID] ?? []
        return .init(total: states.count, unsuccessful: states.count { $0?.isSuccessful != true })
    }

    var asPrevious: RunSnapshot.PreviousRun {
        var states: [String: [TaskState?]] = [:]
        for instance in instances { states[instance.task.taskID, default: []].append(instance.task.state) }
        return RunSnapshot.PreviousRun(key: run.key, logicalDate: run.logicalDate, states: states)
    }
}
