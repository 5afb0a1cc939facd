/// Creates runs whose assets have had the events that they wait for. Source: Airflow 3.3 `assets/manager.py`,
/// `models/dag.py` (`dags_needing_dagruns`), `jobs/scheduler_job_runner.py` (`_create_dag_runs_asset_triggered`).
///
/// What it keeps in memory are the rows of the store, and it changes with the same changes. So a run that was wanted and
/// then not created leaves its queue as it was.
package struct AssetPlanner: RunPlanner {
    private struct Entry {
        var condition: AssetCondition
        var catchup: Bool
        var maxActiveRuns: Int
        var isPaused: Bool
    }

    private var entries: [String: Entry] = [:]
    private var pauses = ToldPauses()
    private var consumers = AssetConsumers()
    private var assets: AssetIndex
    private var queued: [String: [AssetKey: Timestamp]] = [:]
    /// The earliest instant of the events that have come since a DAG's last run: a clock may have been set back meanwhile.
    private var since: [String: Timestamp] = [:]
    private var references: [String: [AssetReference]]
    private var lastRuns: [String: Timestamp]
    /// Unfinished runs of each DAG, those of backfills too.
    private var activeRuns: [String: Set<String>] = [:]
    /// DAGs that may be due now.
    private var touched: Set<String> = []

    /// - Parameter active: the active assets; ``SchedulerEvent/activeAssetsChanged(_:)`` tells of others.
    package init(_ queue: AssetQueue = AssetQueue(), active: [AssetKey] = []) {
        assets = AssetIndex(active: active, aliases: queue.aliases)
        references = queue.references
        lastRuns = queue.lastRuns
        for row in queue.queued {
            queued[row.dagID, default: [:]][row.asset] = row.at
            since[row.dagID] = min(row.at, since[row.dagID] ?? row.at)
        }
    }

    package mutating func plan(_ turn: PlanningTurn) -> RunPlan {
        var plan = RunPlan()
        for event in turn.events { take(event, at: turn.now, &plan) }
        for change in turn.changes { take(change, &plan) }
        evaluate(at: turn.now, &plan)
        return plan
    }

    /// Only events make a run due.
    package var nextWake: Timestamp? { nil }

    // MARK: - What has happened

    private mutating func take(_ event: SchedulerEvent, at now: Timestamp, _ plan: inout RunPlan) {
        switch event {
        case .schedulesChanged(let schedules): for schedule in schedules { set(schedule, at: now, &plan) }
        case .schedulesRemoved(let dagIDs): for dagID in dagIDs { remove(dagID) }
        case .activeAssetsChanged(let active): activate(active)
        case .assetEventsCreated(let events): register(events, at: now, &plan)
        case .dagPaused(let dagID, let isPaused): pause(dagID, isPaused)
        case .runLoaded(let snapshot): note(snapshot.run)
        default: break
        }
    }

    private mutating func take(_ change: StoreChange, _ plan: inout RunPlan) {
        switch change {
        case .saveRun(let run): note(run)
        case .setPaused(let dagID, let isPaused): pause(dagID, isPaused)
        case .saveAssetEvents(_, let outlets, let events, let partition, let instant):
            for event in OutletEvent.derived(outlets: outlets, events: events, partition: partition) {
                guard let asset = assets.target(of: event) else { continue }
                queue(asset, through: event.aliasNames, event.partitionKey, at: instant, &plan)
            }
        case .dequeueAssets(let dagID, let assets): for asset in assets { dequeue(dagID, asset) }
        default: break
        }
    }

    private mutating func set(_ schedule: DAGSchedule, at now: Timestamp, _ plan: inout RunPlan) {
        let dagID = schedule.dagID
        remove(dagID)
        let condition = schedule.assetCondition.flatMap { AssetCondition($0) }
        refer(dagID, to: condition, at: now, &plan)
        guard let condition else { return forget(dagID, &plan) }
        entries[dagID] = Entry(
            condition: condition, catchup: schedule.restriction.catchup, maxActiveRuns: schedule.maxActiveRuns,
            isPaused: pauses.isPaused(schedule))
        consumers.insert(dagID, condition)
        touched.insert(dagID)
    }

    private mutating func remove(_ dagID: String) {
        guard let entry = entries.removeValue(forKey: dagID) else { return }
        consumers.remove(dagID, entry.condition)
    }

    /// What is queued for a DAG that no longer waits for assets is dropped.
    private mutating func forget(_ dagID: String, _ plan: inout RunPlan) {
        guard let stale = queued.removeValue(forKey: dagID) else { return }
        since[dagID] = nil
        plan.changes.append(.dequeueAssets(dagID: dagID, stale.keys.sorted()))
    }

    /// Notes since when the schedule names each asset.
    private mutating func refer(
        _ dagID: String, to condition: AssetCondition?, at now: Timestamp, _ plan: inout RunPlan
    ) {
        let known = Dictionary((references[dagID] ?? []).map { ($0.asset, $0.since) }) { first, _ in first }
        let named = (condition?.leaves ?? []).compactMap { if case .asset(let asset) = $0 { asset } else { nil } }
        let present = Set(named).sorted().map { AssetReference(asset: $0, since: known[$0] ?? now) }
        guard present != references[dagID] ?? [] else { return }
        references[dagID] = present.isEmpty ? nil : present
        plan.changes.append(.saveAssetReferences(dagID: dagID, present))
    }

    /// A reference may stand for another asset now.
    private mutating func activate(_ active: [AssetKey]) {
        assets.activate(active)
        touched.formUnion(queued.keys)
    }

    private mutating func register(_ events: [AssetEvent], at now: Timestamp, _ plan: inout RunPlan) {
        guard !events.isEmpty else { return }
        plan.changes.append(.registerAssetEvents(ids: events.map(\.id), at: now))
        for event in events { queue(event.asset, through: event.aliasNames, event.partitionKey, at: now, &plan) }
    }

    private mutating func pause(_ dagID: String, _ isPaused: Bool) {
        pauses.note(dagID, isPaused)
        guard entries[dagID]?.isPaused == !isPaused else { return }
        entries[dagID]?.isPaused = isPaused
        touched.insert(dagID)
    }

    private mutating func note(_ run: DAGRun) {
        let dagID = run.key.dagID
        if run.type == .assetTriggered { lastRuns[dagID] = max(run.runAfter, lastRuns[dagID] ?? run.runAfter) }
        if run.state.isFinished {
            guard activeRuns[dagID]?.remove(run.key.runID) != nil else { return }
            if activeRuns[dagID]?.isEmpty == true { activeRuns[dagID] = nil }
            touched.insert(dagID)
        } else {
            activeRuns[dagID, default: []].insert(run.key.runID)
        }
    }

    // MARK: - The queue

    /// A row that is there already keeps its instant; a DAG that is paused gets none. An event of a partition is for DAGs
    /// with partitioned schedules only (``PartitionPlanner``).
    private mutating func queue(
        _ asset: AssetKey, through aliasNames: [String], _ partitionKey: String?, at instant: Timestamp,
        _ plan: inout RunPlan
    ) {
        assets.associate(asset, withAliases: aliasNames)
        guard partitionKey == nil else { return }
        for dagID in consumers.waiting(for: asset, aliasNames: aliasNames) where entries[dagID]?.isPaused == false {
            touched.insert(dagID)
            since[dagID] = min(instant, since[dagID] ?? instant)
            guard queued[dagID]?[asset] == nil else { continue }
            queued[dagID, default: [:]][asset] = instant
            plan.changes.append(.queueAsset(QueuedAsset(dagID: dagID, asset: asset, at: instant)))
        }
    }

    private mutating func dequeue(_ dagID: String, _ asset: AssetKey) {
        queued[dagID]?[asset] = nil
        guard queued[dagID]?.isEmpty == true else { return }
        (queued[dagID], since[dagID]) = (nil, nil)
    }

    // MARK: - What is due

    private mutating func evaluate(at now: Timestamp, _ plan: inout RunPlan) {
        let dagIDs = touched.sorted()
        touched = []
        for dagID in dagIDs {
            guard let entry = entries[dagID], let queued = queued[dagID], isDue(dagID, entry, queued) else { continue }
            plan.runs.append(run(dagID, entry, queued, at: now))
        }
    }

    private func isDue(_ dagID: String, _ entry: Entry, _ queued: [AssetKey: Timestamp]) -> Bool {
        !entry.isPaused && (activeRuns[dagID]?.count ?? 0) < entry.maxActiveRuns
            && entry.condition.holds(Set(queued.keys), assets)
    }

    private func run(
        _ dagID: String, _ entry: Entry, _ queued: [AssetKey: Timestamp], at now: Timestamp
    ) -> PlannedRun {
        let runAfter = runAfter(dagID, queued)
        let key = RunKey(dagID: dagID, runID: Self.runID(dagID, runAfter, queued))
        var run = DAGRun(key: key, type: .assetTriggered, runAfter: runAfter, triggeredBy: .asset)
        run.queuedAt = now
        let consumption = consumption(key, entry, through: runAfter)
        return PlannedRun(
            run, changes: [.consumeAssetEvents(consumption), .dequeueAssets(dagID: dagID, queued.keys.sorted())])
    }

    /// The newest of the queue. Each run has an instant of its own, which tells its window and its id from those of
    /// the run before, also where a clock stands still.
    private func runAfter(_ dagID: String, _ queued: [AssetKey: Timestamp]) -> Timestamp {
        let newest = queued.values.max() ?? Timestamp(microseconds: 0)
        guard let last = lastRuns[dagID] else { return newest }
        return max(newest, last + .microseconds(1))
    }

    /// Airflow looks for the events of a reference in vain; here they are consumed too.
    private func consumption(_ run: RunKey, _ entry: Entry, through: Timestamp) -> AssetConsumption {
        var (assets, aliases) = (Set<AssetKey>(), Set<String>())
        for leaf in entry.condition.leaves {
            switch leaf {
            case .asset(let asset): assets.insert(asset)
            case .alias(let name): aliases.insert(name)
            case .reference(let name, let uri):
                if let asset = self.assets.active(name: name, uri: uri) { assets.insert(asset) }
            case .all, .any: break
            }
        }
        return AssetConsumption(
            run: run, assets: assets.sorted(), aliases: aliases.sorted(), from: windowStart(run.dagID, entry),
            through: through)
    }

    /// A first run skips what was before the schedule named its assets, unless it is to catch up. A later one goes on where the
    /// last one ended. Both begin before that where their events are older by a clock that was set back; what an earlier run has
    /// consumed a run does not get.
    private func windowStart(_ dagID: String, _ entry: Entry) -> Timestamp? {
        if lastRuns[dagID] == nil, entry.catchup { return nil }
        guard let start = lastRuns[dagID] ?? references[dagID]?.map(\.since).min() else { return nil }
        return min(start, since[dagID] ?? start)
    }

    /// `asset_triggered__<run_after>_<8 characters>`.
    private static func runID(_ dagID: String, _ runAfter: Timestamp, _ queued: [AssetKey: Timestamp]) -> String {
        var parts = [dagID, "\(runAfter.microseconds)"]
        for (asset, instant) in queued.sorted(by: { $0.key < $1.key }) {
            parts += [asset.name, asset.uri, "\(instant.microseconds)"]
        }
        return RunType.assetTriggered.runID(runAfter: runAfter) + "_" + RunSuffix.made(of: parts)
    }
}
