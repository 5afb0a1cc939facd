import PipelineCore

/// What `SchedulerService` and ``RunSnapshotLoader`` read.
extension SimulatedScheduler {
    private var core: InMemoryStoreCore { cluster.store.core }

    /// Builds everything from the store.
    func takeOver() {
        known.pools = core.pools.values.sorted { $0.name < $1.name }
        machine = SchedulerStateMachine(
            limits: cluster.limits, pools: breakage == .noPools ? known.pools.map(\.withoutLimit) : known.pools,
            seed: cluster.scenario.seed &+ UInt64(epoch) &* 7_919, host: breakage == .namelessLaunches ? "" : host)
        planners = [TimePlanner(), AssetPlanner(core.wholeAssetQueue, active: ClusterDAG.assets)]
        known.pauses = pauses
        inbox = known.pauses.sorted { $0.key < $1.key }.map { .dagPaused(dagID: $0.key, $0.value) }
        inbox += [.activeAssetsChanged(ClusterDAG.assets), .schedulesChanged(schedules)]
        let runs = cluster.store.activeRuns.sorted()
        (unsettled, active) = (runs, Set(runs))
        for key in runs { if let run = core.runs[key] { inbox.append(.runLoaded(loaded(run))) } }
    }

    var pauses: [String: Bool] { core.dags.mapValues(\.isPaused) }

    var schedules: [DAGSchedule] {
        let last = Dictionary(core.lastAutomatedRuns.map { ($0.key.dagID, $0) }) { first, _ in first }
        return cluster.versions.latest.sorted { $0.key < $1.key }.map { dagID, version in
            version.schedule(isPaused: pauses[dagID] ?? false, last: last[dagID])
        }
    }

    /// See `RunMaker`.
    func snapshot(of planned: PlannedRun) -> RunSnapshot? {
        guard let latest = cluster.versions.latest[planned.run.key.dagID], breakage == .runsTwice || !exists(planned.run) else { return nil }
        var run = planned.run
        run.dagVersionID = latest.versionID
        return completed(RunSnapshot(run: run, dag: latest.dag))
    }

    private func exists(_ run: DAGRun) -> Bool {
        if core.runs[run.key] != nil { return true }
        guard let date = run.logicalDate else { return false }
        return cluster.store.run(of: run.key.dagID, at: date) != nil
    }

    /// A run of the store. See ``RunSnapshotLoader``.
    func loaded(_ run: DAGRun) -> RunSnapshot {
        let dag = breakage == .unpinned ? cluster.versions.latest[run.key.dagID]?.dag : cluster.versions.dag(of: run)
        guard let dag else { preconditionFailure("no DAG of run \(run.key)") }
        var snapshot = RunSnapshot(run: run, dag: dag)
        snapshot.taskInstances = (core.tasks[run.key] ?? [:]).values.sorted { $0.key < $1.key }
        for task in snapshot.taskInstances {
            for xcom in (core.xcoms[task.key] ?? [:]).values.sorted(by: { $0.key < $1.key }) {
                if let notice = XComNotice(of: xcom) { snapshot.xcoms.append((task.key, notice)) }
            }
        }
        return completed(snapshot)
    }

    private func completed(_ snapshot: RunSnapshot) -> RunSnapshot {
        let asks = snapshot.dag.tasks.contains { $0.dependsOnPast || $0.waitForDownstream }
        guard asks, let date = snapshot.run.logicalDate else { return snapshot }
        var filter = RunFilter(dagID: snapshot.dag.id, limit: 1)
        filter.logicalDateTo = date - .microseconds(1)
        if snapshot.dag.header.catchup { filter.types = [.scheduled, .backfill, .assetTriggered] }
        guard let previous = core.runs(filter).first else { return snapshot }
        var result = snapshot
        var states: [String: [TaskState?]] = [:]
        for task in (core.tasks[previous.key] ?? [:]).values { states[task.taskID, default: []].append(task.state) }
        result.previousRun = RunSnapshot.PreviousRun(key: previous.key, states: states)
        return result
    }

    // MARK: - What others have written

    /// See `StoreWatch`.
    func look() {
        guard isAwake, isSettled, !isCutFromStore else { return }
        let pools = core.pools.values.sorted { $0.name < $1.name }
        if pools != known.pools, breakage != .noPools { inbox.append(.poolsChanged(pools)) }
        for (dagID, isPaused) in pauses.sorted(by: { $0.key < $1.key }) where known.pauses[dagID] != isPaused {
            inbox.append(.dagPaused(dagID: dagID, isPaused))
        }
        (known.pools, known.pauses) = (pools, pauses)
        for key in cluster.store.activeRuns.sorted() where !active.contains(key) {
            guard let run = core.runs[key], run.state == .queued else { continue }
            active.insert(key)
            inbox += [.runLoaded(loaded(run)), .timeReached]
        }
        takeRequests()
        let open = core.unregisteredAssetEvents
        let news = open.filter { !known.assetEvents.contains($0.id) }
        if !news.isEmpty { inbox.append(.assetEventsCreated(news)) }
        known.assetEvents = Set(open.map(\.id))
    }

    private func takeRequests() {
        known.requests.formIntersection(core.requests.keys)
        var asked = Set(known.requests.compactMap { core.requests[$0]?.run })
        for (number, request) in core.requests.sorted(by: { $0.key < $1.key }) where !known.requests.contains(number) {
            if let run = request.run, !asked.insert(run).inserted { continue }
            known.requests.insert(number)
            if let key = request.run, !active.contains(key), let run = core.runs[key] {
                inbox.append(.runLoaded(loaded(run)))
            }
            inbox += [request.event, .requestTaken(number)]
        }
    }

    /// Reading the folder takes time: what was read is told in a later step.
    func refresh() {
        guard isAwake, isSettled, !isCutFromStore else { return }
        if let schedules = readSchedules.take() {
            inbox.append(.schedulesChanged(schedules))
        } else {
            readSchedules = schedules
            mustRefresh = false
        }
    }
}

extension Pool {
    fileprivate var withoutLimit: Pool { Pool(name: name, slots: -1, includeDeferred: includeDeferred) }
}
