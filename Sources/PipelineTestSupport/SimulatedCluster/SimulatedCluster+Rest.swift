import PipelineCore

/// The trouble is over: everything must come to its end, and nothing be left.
extension SimulatedCluster {
    private static let maximumSteps = 20_000
    /// Runs that wait for the past for ever, and are ended by a person.
    private static let maximumHelp = 50

    func comeToRest() {
        heal()
        var (steps, help) = (0, 0)
        while problems.isEmpty {
            steps += 1
            guard steps < Self.maximumSteps else { return check(["L2: \(steps) steps, and not at rest: \(unfinishedText)"]) }
            if isAtRest {
                guard !store.activeRuns.isEmpty else { break }
                help += 1
                guard help < Self.maximumHelp, helpOut() else { return check(["L2: runs that do not end: \(unfinishedText)"]) }
            }
            step()
            checkStep()
        }
        guard problems.isEmpty else { return }
        checkRest()
    }

    private func heal() {
        note("the trouble is over")
        nextStoreFault = nil
        for scheduler in schedulers {
            scheduler.frozenUntil = scheduler.frozenUntil.map { _ in time }
            (scheduler.isCutFromStore, scheduler.isCutFromPods) = (false, false)
            if case .down = scheduler.phase { scheduler.phase = .down(until: time) }
        }
        for dagID in store.core.dags.keys { _ = store.core.setPaused(false, dagID: dagID) }
    }

    /// Nothing will happen any more by itself: everybody has looked at everything.
    private var isAtRest: Bool {
        guard leaders.count == 1, let leader = leaders.first, leader.epoch == store.core.epoch, !leader.hasWork,
            processes.isEmpty, pods.allSatisfy(\.hasEnded), leader.readSchedules == nil, leader.awaitedLosses.isEmpty
        else { return false }
        if leader.mustRefresh { leader.refresh() }
        leader.look()
        leader.observe()
        return isAtRest(leader)
    }

    /// Its looking has brought about nothing.
    private func isAtRest(_ leader: SimulatedScheduler) -> Bool {
        guard leader.isAwake, processes.isEmpty, pods.allSatisfy(\.hasEnded) else { return false }
        return !leader.hasWork && leader.nextWake == nil && !leader.mustRefresh && leader.readSchedules == nil && !isWaitingForTrigger
    }

    private var isWaitingForTrigger: Bool {
        store.activeRuns.contains { key in
            (store.core.tasks[key] ?? [:]).values.contains { $0.state == .deferred && TimeTrigger($0) == nil }
        }
    }

    /// A run may wait for ever for a failed task of the run before: only a person can help.
    private func helpOut() -> Bool {
        guard let leader = leaders.first else { return false }
        let stuck = leader.machine.activeRuns.first { key in
            leader.machine.taskInstances(key).contains { task in
                !task.isFinished
                    && leader.machine.explain(task.key, now: leader.wall).contains { $0.name == "Previous Dagrun State" && !$0.passed }
            }
        }
        guard let stuck else { return false }
        store.evidence.touchedRuns.insert(stuck)
        leader.inbox.append(.runCancelled(stuck, reason: "waits for the past"))
        return true
    }

    private var unfinishedText: String {
        store.activeRuns.sorted().map { key in
            let tasks = (store.core.tasks[key] ?? [:]).values.filter { !$0.isFinished }.sorted { $0.key < $1.key }
            return "run \(key) (\(store.core.runs[key]?.state.rawValue ?? "")): "
                + tasks.map { "\($0.taskID)[\($0.mapIndex)] \(StateGraph.name($0.state)) (\(reasons($0.key)))" }.joined(separator: ", ")
        }.joined(separator: "; ")
    }

    private func reasons(_ key: TaskInstanceKey) -> String {
        guard let leader = leaders.first else { return "nobody leads" }
        return leader.machine.explain(key, now: leader.wall).filter { !$0.passed }.map { "\($0.name): \($0.reason)" }.joined(separator: " ")
    }

    /// L3: nothing is counted any more. I9: every tick has had its run. I10: nothing is left.
    private func checkRest() {
        guard let leader = leaders.first else { return check(["L2: nobody leads"]) }
        check(leader.machine.audit().map { "L3: \($0)" })
        if leader.machine.hasProcesses { check(["L3: the machine counts processes, and there are none"]) }
        if !leader.machine.activeRuns.isEmpty { check(["L3: the machine holds runs \(leader.machine.activeRuns)"]) }
        for tasks in store.core.tasks.values {
            for task in tasks.values where !task.isFinished { check(["L3: task \(task.key) is \(StateGraph.name(task.state)) in a finished run"]) }
        }
        for version in versions.latest.values { check(InstantCheck.missing(version, store.core.runs, until: leader.wall)) }
        check(AssetCheck.problems(store.core, versions))
        check(ProcessCheck.leftovers(self))
    }
}
