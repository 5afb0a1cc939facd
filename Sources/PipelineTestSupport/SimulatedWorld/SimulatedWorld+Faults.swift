import PipelineCore

extension SimulatedWorld {
    /// Something goes wrong, or a person interferes.
    func injectFault() {
        switch Int.random(in: 0..<(faults.people ? 14 : 8), using: &random) {
        case 0: restart(killAll: Bool.random(using: &random))
        case 1: loseProcess()
        case 2: repeatReport()
        case 3: shuffleReports()
        case 4: jumpClock()
        case 5: handle(.timeReached)
        case 6: failLaunch()
        case 7: repeatTrigger()
        case 8, 9: clearTasks()
        case 10: pause()
        case 11: setState()
        case 12: cancelRun()
        default: changePools()
        }
    }

    private func loseProcess() {
        guard !executor.processes.isEmpty else { return }
        executor.lose(Int.random(in: 0..<executor.processes.count, using: &random))
    }

    private func failLaunch() {
        guard let index = executor.processes.firstIndex(where: { !$0.isStarted }) else { return }
        let id = executor.processes[index].launch.id
        executor.lose(index)
        executor.reports.removeLast()
        executor.reports.append(.launchFailed(id, reason: "no memory"))
    }

    private func repeatReport() {
        guard let report = executor.reports.randomElement(using: &random) else { return }
        executor.reports.append(report)
    }

    /// The word of a trigger that has fired long ago.
    private func repeatTrigger() {
        if let report = firedTriggers.randomElement(using: &random) { handle(report) }
    }

    /// Reports of different launches may overtake each other; a start may come after its end.
    private func shuffleReports() {
        guard let index = executor.reports.indices.randomElement(using: &random) else { return }
        if case .taskStarted = executor.reports[index] {
            executor.reports.append(executor.reports.remove(at: index))
        }
    }

    private func jumpClock() {
        let seconds = [-3_600, -5, 1, 30, 3_600, 86_400].randomElement(using: &random) ?? 1
        now = now + .seconds(seconds)
    }

    private func clearTasks() {
        guard let run = store.runs.values.sorted(by: { $0.key < $1.key }).randomElement(using: &random),
            let dag = dags[run.key.dagID], let task = dag.tasks.randomElement(using: &random)
        else { return }
        if run.state.isFinished { handle(.runLoaded(snapshot(run))) }
        var request = ClearRequest(run: run.key, taskIDs: [task.id])
        request.includeDownstream = Bool.random(using: &random)
        request.includeUpstream = Int.random(in: 0..<4, using: &random) == 0
        request.onlyFailed = Int.random(in: 0..<3, using: &random) == 0
        if Int.random(in: 0..<5, using: &random) == 0 { request.taskIDs = nil }
        handle(.tasksCleared(request))
    }

    private func pause() {
        guard let dagID = dags.keys.sorted().randomElement(using: &random) else { return }
        let isPaused = !store.pausedDAGs.contains(dagID)
        store.setPaused(dagID, isPaused)
        handle(.dagPaused(dagID: dagID, isPaused))
    }

    private func setState() {
        guard let row = store.rows.values.sorted(by: { $0.key < $1.key }).randomElement(using: &random),
            let run = store.runs[row.key.run]
        else { return }
        if run.state.isFinished { handle(.runLoaded(snapshot(run))) }
        setByHand.insert(row.key)
        handle(.taskStateSet(row.key, [.success, .failed, .skipped].randomElement(using: &random) ?? .success))
    }

    private func cancelRun() {
        guard Int.random(in: 0..<3, using: &random) == 0, let key = machine.activeRuns.randomElement(using: &random) else { return }
        handle(.runCancelled(key, reason: "cancelled"))
    }

    private func changePools() {
        pools[1].slots = [2, 3, -1].randomElement(using: &random) ?? 2
        handle(.poolsChanged(pools))
    }
}
