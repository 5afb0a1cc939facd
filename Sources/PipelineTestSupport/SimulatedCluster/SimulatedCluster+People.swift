import PipelineCore

/// People, who write into the store and talk to no scheduler.
extension SimulatedCluster {
    func pause() {
        guard let dagID = store.core.dags.keys.sorted().randomElement(using: &random) else { return }
        _ = store.core.setPaused(store.core.dags[dagID]?.isPaused == false, dagID: dagID)
    }

    /// See ``RunFactory``.
    func startRun() {
        guard let version = versions.latest.values.sorted(by: { $0.dag.id < $1.dag.id }).randomElement(using: &random) else { return }
        let date = databaseTime
        let key = RunKey(dagID: version.dag.id, runID: RunType.manual.runID(runAfter: date))
        guard store.core.runs[key] == nil, store.run(of: key.dagID, at: date) == nil, !isBeingCreated(key.dagID, date) else { return }
        var run = DAGRun(key: key, type: .manual, runAfter: date, triggeredBy: .cli)
        (run.logicalDate, run.queuedAt, run.dagVersionID) = (date, date, version.versionID)
        try? store.commit([.saveRun(run)], epoch: store.core.epoch, writer: nil, versions: versions)
    }

    /// A scheduler is about to commit a run of this very instant: the store does not refuse the second one yet (see "What is
    /// open" in `docs/testing.md`).
    private func isBeingCreated(_ dagID: String, _ date: Timestamp) -> Bool {
        schedulers.contains { scheduler in
            scheduler.pending?.isCommitted == false
                && scheduler.pending?.turn.changes.contains { change in
                    guard case .saveRun(let run) = change else { return false }
                    return run.key.dagID == dagID && run.logicalDate == date
                } == true
        }
    }

    func interfere() {
        let keys = store.core.runs.keys.sorted()
        guard let key = keys.randomElement(using: &random), let run = store.core.runs[key],
            let dag = versions.dag(of: run), let task = dag.tasks.randomElement(using: &random)
        else { return }
        switch Int.random(in: 0..<8, using: &random) {
        case 0: cancel(run)
        case 1, 2: setState(run)
        default: clear(run, task)
        }
    }

    private func ask(_ request: SchedulerRequest) {
        store.core.lastRequest += 1
        store.core.requests[store.core.lastRequest] = request
    }

    private func cancel(_ run: DAGRun) {
        store.evidence.touchedRuns.insert(run.key)
        ask(.cancel(run.key, reason: "cancelled"))
    }

    private func setState(_ run: DAGRun) {
        let tasks = (store.core.tasks[run.key] ?? [:]).values.sorted { $0.key < $1.key }
        guard let task = tasks.randomElement(using: &random) else { return }
        store.evidence.touched.insert(task.key)
        store.evidence.touchedRuns.insert(run.key)
        ask(.setTaskState(task.key, [.success, .failed, .skipped].randomElement(using: &random) ?? .success))
    }

    private func clear(_ run: DAGRun, _ task: TaskDefinition) {
        store.evidence.touchedRuns.insert(run.key)
        var request = ClearRequest(run: run.key, taskIDs: chance(5) ? nil : [task.id])
        request.includeDownstream = Bool.random(using: &random)
        request.includeUpstream = chance(4)
        request.onlyFailed = chance(3)
        ask(.clear(request))
    }
}
